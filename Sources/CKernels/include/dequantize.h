#ifndef APPRENTICE_DEQUANTIZE_H
#define APPRENTICE_DEQUANTIZE_H

#include <stddef.h>

// GGUF's weight formats to float32. One function a format: `blocks` consecutive blocks at `source`
// (any alignment) become `blocks * block size` floats at `out`. Block sizes are those of GGUF: 1
// value for F32, F16 and BF16, 32 for the Qn_0 and Qn_1, 256 for the Qn_K formats.
//
// In C because the loops are the whole cost of loading a model, and the compiler makes an AVX2 and
// a plain version of each, chosen when the program starts.

void apprentice_dequantize_f32(const void *source, float *out, size_t blocks);
void apprentice_dequantize_f16(const void *source, float *out, size_t blocks);
void apprentice_dequantize_bf16(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q4_0(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q4_1(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q5_0(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q5_1(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q8_0(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q4_k(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q5_k(const void *source, float *out, size_t blocks);
void apprentice_dequantize_q6_k(const void *source, float *out, size_t blocks);

#endif
