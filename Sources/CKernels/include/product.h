#ifndef APPRENTICE_PRODUCT_H
#define APPRENTICE_PRODUCT_H

#include <stdint.h>

// Matrix products in float32. A training step has thousands of them, many small: nothing is allocated,
// several start together, and those that end in the same place are added up while it is in the cache.
// Matrices are row-major with rows `stride` floats apart.

// scale · a · b for a [rows, depth] and b [depth, columns]; a transposed factor is stored the other way
// round.
struct apprentice_product_term {
  const float *a;
  long a_stride;
  int32_t a_transposed;
  const float *b;
  long b_stride;
  int32_t b_transposed;
  long depth;
  float scale;
};

// out [rows, columns] becomes the sum of the terms, or with accumulate gets it added.
struct apprentice_product {
  const struct apprentice_product_term *terms;
  long count;
  long rows, columns;
  float *out;
  long out_stride;
  int32_t out_transposed;  // whether out is stored as [columns, rows]
  int32_t accumulate;
};

// Computes products that do not depend on each other.
void apprentice_multiply(const struct apprentice_product *products, long count);

#endif
