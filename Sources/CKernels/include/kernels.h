#ifndef APPRENTICE_KERNELS_H
#define APPRENTICE_KERNELS_H

#include <stdint.h>

// Everything of a transformer's forward and backward pass that is not a
// large matrix product. Matrices are row-major. Each kernel exists in four variants, of which the best
// for the processor is chosen, and divides its rows among the threads of libgomp's pool, which is the
// pool that oneDNN uses too: call all of them from one thread.

/// The instruction sets that the kernels are compiled for.
enum apprentice_variant {
  APPRENTICE_PORTABLE = 0,
  APPRENTICE_AVX2 = 1,
  APPRENTICE_AVX512 = 2,
  APPRENTICE_AVX512_VNNI = 3,
};

/// The best variant that this processor runs and ONEDNN_MAX_CPU_ISA allows.
enum apprentice_variant apprentice_best_variant(void);

/// Makes the kernels that this thread calls use a variant, which must not be better than the best one.
/// For tests.
void apprentice_use_variant(enum apprentice_variant variant);

/// The number of threads that kernels use: the size per-thread scratch is counted by.
int apprentice_thread_count(void);

// RMS normalisation (Zhang and Sennrich 2019): out = x / rms(x) * weight. x and out are
// [rows, width]; inverse_rms is [rows] and may be NULL.
void apprentice_rms_norm(const float *x, const float *weight, float *out, float *inverse_rms,
                         long rows, long width, float epsilon);

// Adds the gradient of the input to dx. dout and dx are [rows, width].
void apprentice_rms_norm_backward(const float *x, const float *weight, const float *inverse_rms,
                                  const float *dout, float *dx, long rows, long width);

// RMS normalisation of each of the `heads` heads at the beginning of each row, in place; rows are
// `stride` apart, weight is [head_size]. kept is [rows, kept_stride] and gets what stood there.
void apprentice_head_norm(float *x, long stride, long rows, long heads, long head_size,
                          const float *weight, float epsilon, float *kept, long kept_stride);
// Turns the gradient of the normalised heads into that of what was kept, in place.
void apprentice_head_norm_backward(const float *kept, long kept_stride, float *dx, long stride,
                                   long rows, long heads, long head_size, const float *weight,
                                   float epsilon);

// Rotary positions (Su et al. 2021) in place: dimensions 2i and 2i + 1 are a pair. Rotates `heads` heads of `head_size` at the beginning of each row; rows are `stride`
// apart. cosines and sines are [positions, head_size]: the cosine of each pair twice, the sine of
// each pair as -sin, sin. The backward pass is the rotation by the opposite angle.
void apprentice_rope(float *x, long stride, long rows, long heads, long head_size,
                     const int32_t *positions, const float *cosines, const float *sines);
void apprentice_rope_backward(float *dx, long stride, long rows, long heads, long head_size,
                              const int32_t *positions, const float *cosines, const float *sines);

// SwiGLU (Shazeer 2020): out = silu(gate) * up. gate_up is [rows, 2 width], out is [rows, width].
void apprentice_swiglu(const float *gate_up, float *out, long rows, long width);
// dgate_up is [rows, 2 width] and is overwritten.
void apprentice_swiglu_backward(const float *gate_up, const float *dout, float *dgate_up, long rows,
                                long width);

// Cross-entropy of each row of logits [rows, size]: logprobs[i] = log softmax(logits[i])[targets[i]].
// With coefficients, which are d(loss)/d(logprobs), logits become d(loss)/d(logits); they may be
// NULL, and then logits stay.
void apprentice_cross_entropy(float *logits, long rows, long size, const int32_t *targets,
                              const float *coefficients, float *logprobs);

// Σ exp((logits - max) * scale) and the maximum, of one row; weights, which may be NULL, gets the
// terms.
double apprentice_exponentials(const float *logits, long size, float scale, float *weights,
                               float *max);

// The first index at which the running sum of the weights exceeds target; else the last index whose
// weight is not 0.
long apprentice_pick(const float *weights, long size, double target);

// A run of rows that attend to the rows [prefix_begin, prefix_end) and, causally, to their own run
// [begin, end).
struct apprentice_span {
  int32_t prefix_begin, prefix_end, begin, end;
  // Spans of one packed sequence have one number, counted from 0 without gaps, in order.
  int32_t sequence;
};

// Attention over packed rows. qkv is [rows, stride]: query heads, key heads, value heads.
// keys_transposed and values_transposed are [kv_heads * head_size, transposed_stride], the columns of
// qkv as rows, with at least 16 readable floats after the last. scratch holds
// apprentice_attention_scratch() floats.
struct apprentice_attention {
  const float *qkv;
  long stride, rows;
  long heads, kv_heads, head_size;
  const struct apprentice_span *spans;
  long span_count, sequence_count, longest_keys;
  float *keys_transposed, *values_transposed;
  long transposed_stride;
  float *scratch;
  float *out;              // [rows, heads * head_size]
  float *log_sums;         // [rows, heads]: log of the softmax's denominator
  const float *dout;       // [rows, heads * head_size]
  float *dqkv;             // [rows, stride], overwritten
  float *dkeys, *dvalues;  // [rows, heads * head_size]: room for each query head's share
};
long apprentice_attention_scratch(long longest_keys);
// Fills keys_transposed, out and log_sums.
void apprentice_attention(const struct apprentice_attention *attention);
// Needs what the forward pass filled; fills dqkv.
void apprentice_attention_backward(const struct apprentice_attention *attention);

// out[j][i] = in[i][j] for in [rows, columns] with rows `stride` apart, out rows `out_stride` apart.
void apprentice_transpose(const float *in, long stride, long rows, long columns, float *out,
                          long out_stride);

// One AdamW step without weight decay; the gradient is multiplied by gradient_scale first. step
// counts from 1.
void apprentice_adamw(float *parameters, const float *gradient, float *first, float *second,
                      long count, float gradient_scale, float learning_rate, float beta1,
                      float beta2, float epsilon, int32_t step);

// The sum of squares, in double.
double apprentice_sum_of_squares(const float *values, long count);

// A 64-bit fingerprint of the values, to notice a change.
uint64_t apprentice_fingerprint(const float *values, long count);

#endif
