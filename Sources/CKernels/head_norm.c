// The norms of query and key heads: each divides its rows among the threads.
#include "kernels.h"
#include "table.h"

#include <string.h>

struct head_norm_job {
  float *x, *kept;
  long stride, kept_stride, heads, head_size;
  const float *weight;
  float epsilon;
};

static void head_norm_part(void *context, long begin, long end) {
  const struct head_norm_job *job = context;
  for (long row = begin; row < end; row++) {
    float *x = job->x + row * job->stride;
    memcpy(job->kept + row * job->kept_stride, x,
           (size_t)(job->heads * job->head_size) * sizeof(float));
    kernels()->rms_norm(x, job->weight, x, 0, job->heads, job->head_size, job->epsilon);
  }
}

void apprentice_head_norm(float *x, long stride, long rows, long heads, long head_size,
                          const float *weight, float epsilon, float *kept, long kept_stride) {
  struct head_norm_job job = {x, kept, stride, kept_stride, heads, head_size, weight, epsilon};
  parallel_ranges(rows, rows * heads * head_size, head_norm_part, &job);
}

static void head_norm_backward_part(void *context, long begin, long end) {
  const struct head_norm_job *job = context;
  for (long row = begin; row < end; row++) {
    kernels()->head_norm_backward(job->kept + row * job->kept_stride, job->weight,
                                  job->x + row * job->stride, job->heads, job->head_size,
                                  job->epsilon);
  }
}

void apprentice_head_norm_backward(const float *kept, long kept_stride, float *dx, long stride,
                                   long rows, long heads, long head_size, const float *weight,
                                   float epsilon) {
  struct head_norm_job job = {dx,    (float *)kept, stride, kept_stride, heads, head_size,
                              weight, epsilon};
  parallel_ranges(rows, 2 * rows * heads * head_size, head_norm_backward_part, &job);
}
