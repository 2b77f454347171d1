// The public kernels: each divides its rows among the threads and calls the chosen variant.
#include "kernels.h"

#include <math.h>
#include <string.h>

#include "table.h"

struct norm_job {
  const float *x, *weight, *dout;
  float *out, *inverse_rms;
  long width;
  float epsilon;
};

static void norm_part(void *context, long begin, long end) {
  const struct norm_job *job = context;
  long at = begin * job->width;
  kernels()->rms_norm(job->x + at, job->weight, job->out + at,
                      job->inverse_rms ? job->inverse_rms + begin : 0, end - begin, job->width,
                      job->epsilon);
}

void apprentice_rms_norm(const float *x, const float *weight, float *out, float *inverse_rms,
                         long rows, long width, float epsilon) {
  struct norm_job job = {x, weight, 0, out, inverse_rms, width, epsilon};
  parallel_ranges(rows, rows * width, norm_part, &job);
}

static void norm_backward_part(void *context, long begin, long end) {
  const struct norm_job *job = context;
  long at = begin * job->width;
  kernels()->rms_norm_backward(job->x + at, job->weight, job->inverse_rms + begin, job->dout + at,
                               job->out + at, end - begin, job->width);
}

void apprentice_rms_norm_backward(const float *x, const float *weight, const float *inverse_rms,
                                  const float *dout, float *dx, long rows, long width) {
  struct norm_job job = {x, weight, dout, dx, (float *)inverse_rms, width, 0};
  parallel_ranges(rows, rows * width, norm_backward_part, &job);
}

struct rope_job {
  float *x;
  long stride, heads, head_size;
  const int32_t *positions;
  const float *cosines, *sines;
  float direction;
};

static void rope_part(void *context, long begin, long end) {
  const struct rope_job *job = context;
  kernels()->rope(job->x + begin * job->stride, job->stride, end - begin, job->heads, job->head_size,
                  job->positions + begin, job->cosines, job->sines, job->direction);
}

void apprentice_rope(float *x, long stride, long rows, long heads, long head_size,
                     const int32_t *positions, const float *cosines, const float *sines) {
  struct rope_job job = {x, stride, heads, head_size, positions, cosines, sines, 1};
  parallel_ranges(rows, rows * heads * head_size, rope_part, &job);
}

void apprentice_rope_backward(float *dx, long stride, long rows, long heads, long head_size,
                              const int32_t *positions, const float *cosines, const float *sines) {
  struct rope_job job = {dx, stride, heads, head_size, positions, cosines, sines, -1};
  parallel_ranges(rows, rows * heads * head_size, rope_part, &job);
}

struct swiglu_job {
  const float *gate_up, *dout;
  float *out;
  long width;
};

static void swiglu_part(void *context, long begin, long end) {
  const struct swiglu_job *job = context;
  for (long row = begin; row < end; row++) {
    const float *gate = job->gate_up + row * 2 * job->width;
    kernels()->swiglu(gate, gate + job->width, job->out + row * job->width, job->width);
  }
}

void apprentice_swiglu(const float *gate_up, float *out, long rows, long width) {
  struct swiglu_job job = {gate_up, 0, out, width};
  parallel_ranges(rows, 4 * rows * width, swiglu_part, &job);
}

static void swiglu_backward_part(void *context, long begin, long end) {
  const struct swiglu_job *job = context;
  for (long row = begin; row < end; row++) {
    const float *gate = job->gate_up + row * 2 * job->width;
    float *dgate = job->out + row * 2 * job->width;
    kernels()->swiglu_backward(gate, gate + job->width, job->dout + row * job->width, dgate,
                               dgate + job->width, job->width);
  }
}

void apprentice_swiglu_backward(const float *gate_up, const float *dout, float *dgate_up, long rows,
                                long width) {
  struct swiglu_job job = {gate_up, dout, dgate_up, width};
  parallel_ranges(rows, 4 * rows * width, swiglu_backward_part, &job);
}

struct cross_entropy_job {
  float *logits;
  long size;
  const int32_t *targets;
  const float *coefficients;
  float *logprobs;
};

static void cross_entropy_part(void *context, long begin, long end) {
  const struct cross_entropy_job *job = context;
  for (long row = begin; row < end; row++) {
    kernels()->cross_entropy(job->logits + row * job->size, job->size, job->targets[row],
                             job->coefficients ? job->coefficients[row] : 0,
                             job->coefficients != 0, job->logprobs + row);
  }
}

void apprentice_cross_entropy(float *logits, long rows, long size, const int32_t *targets,
                              const float *coefficients, float *logprobs) {
  struct cross_entropy_job job = {logits, size, targets, coefficients, logprobs};
  parallel_ranges(rows, 4 * rows * size, cross_entropy_part, &job);
}

double apprentice_exponentials(const float *logits, long size, float scale, float *weights,
                               float *max) {
  return kernels()->exponentials(logits, size, scale, weights, max);
}

long apprentice_pick(const float *weights, long size, double target) {
  return kernels()->pick(weights, size, target);
}

struct transpose_job {
  const float *in;
  long stride, rows;
  float *out;
  long out_stride;
};

static void transpose_part(void *context, long begin, long end) {
  const struct transpose_job *job = context;
  for (long row = 0; row < job->rows; row += 16) {
    long last = row + 16 < job->rows ? row + 16 : job->rows;
    for (long column = begin; column < end; column++) {
      for (long i = row; i < last; i++) {
        job->out[column * job->out_stride + i] = job->in[i * job->stride + column];
      }
    }
  }
}

void apprentice_transpose(const float *in, long stride, long rows, long columns, float *out,
                          long out_stride) {
  struct transpose_job job = {in, stride, rows, out, out_stride};
  parallel_ranges(columns, 2 * rows * columns, transpose_part, &job);
}

struct adamw_job {
  float *parameters, *first, *second;
  const float *gradient;
  float gradient_scale, step_size, beta1, beta2, epsilon, second_correction;
};

static void adamw_part(void *context, long begin, long end) {
  const struct adamw_job *job = context;
  kernels()->adamw(job->parameters + begin, job->gradient + begin, job->first + begin,
                   job->second + begin, end - begin, job->gradient_scale, job->step_size, job->beta1,
                   job->beta2, job->epsilon, job->second_correction);
}

void apprentice_adamw(float *parameters, const float *gradient, float *first, float *second,
                      long count, float gradient_scale, float learning_rate, float beta1,
                      float beta2, float epsilon, int32_t step) {
  double first_correction = 1 - pow(beta1, step), second_correction = 1 - pow(beta2, step);
  struct adamw_job job = {parameters,
                          first,
                          second,
                          gradient,
                          gradient_scale,
                          (float)(learning_rate / first_correction),
                          beta1,
                          beta2,
                          epsilon,
                          (float)sqrt(second_correction)};
  parallel_ranges(count, 4 * count, adamw_part, &job);
}

// Parts of a fixed size, added in order: the sum does not depend on the number of threads.
enum { PART = 1 << 16 };

double apprentice_sum_of_squares(const float *values, long count) {
  double total = 0;
  for (long begin = 0; begin < count; begin += PART) {
    total += kernels()->sum_of_squares(values + begin, count - begin < PART ? count - begin : PART);
  }
  return total;
}

// FNV-1a (Fowler, Noll and Vo) over words of two values, in lanes that do not wait for one another, and
// over the fingerprints of parts that the threads share.
enum { FINGERPRINT_PARTS = 64, FINGERPRINT_LANES = 8 };
static const uint64_t fnv_prime = 0x100000001b3, fnv_basis = 0xcbf29ce484222325;

struct fingerprint_job {
  const float *values;
  long count;
  uint64_t parts[FINGERPRINT_PARTS];
};

static uint64_t fingerprint_of(const float *values, long count) {
  uint64_t lanes[FINGERPRINT_LANES], all = fnv_basis;
  for (int lane = 0; lane < FINGERPRINT_LANES; lane++) lanes[lane] = fnv_basis + (uint64_t)lane;
  long whole = count / (2 * FINGERPRINT_LANES) * (2 * FINGERPRINT_LANES);
  for (long i = 0; i < whole; i += 2 * FINGERPRINT_LANES) {
    for (int lane = 0; lane < FINGERPRINT_LANES; lane++) {
      uint64_t bits;
      memcpy(&bits, values + i + 2 * lane, sizeof bits);
      // What the multiplication moves up out of reach of the lower half comes down again.
      lanes[lane] = (lanes[lane] ^ bits) * fnv_prime;
      lanes[lane] ^= lanes[lane] >> 32;
    }
  }
  for (long i = whole; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, values + i, sizeof bits);
    all = (all ^ bits) * fnv_prime;
  }
  for (int lane = 0; lane < FINGERPRINT_LANES; lane++) all = (all ^ lanes[lane]) * fnv_prime;
  return all;
}

static void fingerprint_range(void *context, long begin, long end) {
  struct fingerprint_job *job = context;
  for (long part = begin; part < end; part++) {
    long first = job->count * part / FINGERPRINT_PARTS, last = job->count * (part + 1) / FINGERPRINT_PARTS;
    job->parts[part] = fingerprint_of(job->values + first, last - first);
  }
}

uint64_t apprentice_fingerprint(const float *values, long count) {
  struct fingerprint_job job = {.values = values, .count = count};
  parallel_ranges(FINGERPRINT_PARTS, count, fingerprint_range, &job);
  uint64_t all = fnv_basis;
  for (int part = 0; part < FINGERPRINT_PARTS; part++) all = (all ^ job.parts[part]) * fnv_prime;
  return all;
}
