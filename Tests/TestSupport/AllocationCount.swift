import CAllocationCount

/// What all threads of this process have asked of the heap since it started: the number of calls.
public func allocationCount() -> Int {
  apprentice_allocation_count()
}
