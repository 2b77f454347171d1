#ifndef APPRENTICE_TABLE_H
#define APPRENTICE_TABLE_H

#include "code_rows.h"
#include "decode.h"
#include "kernels.h"
#include "parallel.h"
#include "product.h"

// How a thread cuts up a product in float32: so many rows and columns of the second factor at a time,
// which with the next ones stay in the second cache, and so many rows of the first one at most.
enum {
  PRODUCT_DEPTH = 256,
  PRODUCT_COLUMNS = 320,
  PRODUCT_MOST_ROWS = 12,
  PRODUCT_TILE_STRIDE = PRODUCT_DEPTH + 16,  // rows of a tile stand on different lines of the cache
  PRODUCT_SCRATCH = PRODUCT_MOST_ROWS * PRODUCT_TILE_STRIDE + PRODUCT_DEPTH * PRODUCT_COLUMNS,
};

/// One variant of every kernel, for a range of rows or one task.
struct kernel_table {
  void (*rms_norm)(const float *x, const float *weight, float *out, float *inverse_rms, long rows,
                   long width, float epsilon);
  void (*rms_norm_backward)(const float *x, const float *weight, const float *inverse_rms,
                            const float *dout, float *dx, long rows, long width);
  void (*head_norm_backward)(const float *x, const float *weight, float *dout, long heads, long size,
                             float epsilon);
  void (*rope)(float *x, long stride, long rows, long heads, long head_size,
               const int32_t *positions, const float *cosines, const float *sines, float direction);
  void (*swiglu)(const float *gate, const float *up, float *out, long width);
  void (*swiglu_backward)(const float *gate, const float *up, const float *dout, float *dgate,
                          float *dup, long width);
  void (*cross_entropy)(float *logits, long size, int32_t target, float coefficient, int gradient,
                        float *logprob);
  double (*exponentials)(const float *logits, long size, float scale, float *weights, float *max);
  long (*pick)(const float *weights, long size, double target);
  void (*attention_task)(const struct apprentice_attention *attention, long head, long begin,
                         long end, const struct apprentice_span *span, float *scratch);
  void (*attention_backward_task)(const struct apprentice_attention *attention, long head, long begin,
                                  long end, const struct apprentice_span *span, float *scratch);
  void (*add_heads)(const struct apprentice_attention *attention, long row);
  void (*adamw)(float *parameters, const float *gradient, float *first, float *second, long count,
                float gradient_scale, float step_size, float beta1, float beta2, float epsilon,
                float second_correction);
  double (*sum_of_squares)(const float *values, long count);
  // The columns and rows of a product's result that are computed at once.
  int product_strip, product_rows;
  void (*product_part)(const struct apprentice_product *product, long first_row, long end_row,
                       long first_column, long end_column, float *scratch);
  void (*make_code_rows)(const float *x, long stride, const struct code_rows *out, long first_tile,
                         long end_tile, long first_block, long end_block);
  void (*code_product)(const struct apprentice_codes *codes, const struct code_rows *x,
                       const struct code_part *part, const struct code_target *target);
  // Rounds some tiles of u = a x, whose scales are multiplied by b_scale.
  void (*make_extra_rows)(const float *u, long stride, float b_scale, const struct extra_rows *out,
                          struct code_share tiles);
  void (*decode_thread)(const struct apprentice_decode *decode, struct spin_barrier *barrier,
                        int thread, int threads);
};

/// a x of an adapter is computed in so many parts of the inputs, whatever the number of threads is, so
/// that this does not change the result.
enum { REDUCING_SEGMENTS = 2 };

/// What all threads together need for a decoding step, in bytes.
long decode_shared_scratch(const struct apprentice_decode *decode);

/// What a thread needs for a decoding step, in bytes.
long decode_thread_scratch(const struct apprentice_decode *decode);

extern const struct kernel_table kernels_portable, kernels_avx2, kernels_avx512, kernels_avx512_vnni;

/// The variant that this thread uses: the best one unless another has been chosen.
const struct kernel_table *kernels(void);
void use_kernels(const struct kernel_table *table);

#endif
