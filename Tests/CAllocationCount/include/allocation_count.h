/// Counts what the process asks of the heap.
///
/// The functions of the C library that allocate are replaced in every program that this is linked
/// into, by ones that count and pass the request on.
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// The allocations of all threads since the program started.
long apprentice_allocation_count(void);

#endif
