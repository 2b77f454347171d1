#ifndef APPRENTICE_CODES_H
#define APPRENTICE_CODES_H

#include <stdint.h>

// Weights as integer codes, as a quantised GGUF file holds them: each 32 weights of a row are
// code * scale + offset. Products with them read a few bits a weight from memory, are made of 16-bit
// integer products, which processors do faster than float32's, and lose nothing of the file: only the
// other factor is rounded, to 16 bits with a scale for each 32 values of a row.

enum {
  // Outputs that are stored together, so that one vector holds values of one k for several of them.
  APPRENTICE_CODE_PANEL = 16,
  // Weights that share a scale.
  APPRENTICE_CODE_BLOCK = 32,
};

enum apprentice_code_kind {
  APPRENTICE_CODES_4 = 0,       // 0 to 15, with offsets
  APPRENTICE_CODES_8 = 1,       // -128 to 127, without
  APPRENTICE_CODES_8_OFFSET = 2,
  // -16383 to 16383 without offsets: for weights that are no codes yet, rounded to 15 bits.
  APPRENTICE_CODES_16 = 3,
};

// A matrix of [outputs, inputs]; inputs is a multiple of 32. A panel holds 16 outputs, the last one
// filled up with zeros; in it each block of inputs has its scales (half precision; float32 for
// 16-bit codes), its offsets and its codes, pairs of k side by side for each output.
struct apprentice_codes {
  const uint8_t *panels;
  long outputs, inputs;
  enum apprentice_code_kind kind;
};

// The bytes of all panels of a matrix.
long apprentice_codes_size(long outputs, long inputs, enum apprentice_code_kind kind);

// Packs panels [begin, end) of a matrix. rows[n] is output n's stored row: GGUF's blocks of `format`, a
// GGUF type code, if apprentice_code_kind_of() knows it, else float32 for 16-bit codes.
void apprentice_pack_codes(uint8_t *panels, const void *const *rows, long outputs, long inputs,
                           uint32_t format, long begin, long end);

// An adapter's factors for up to three matrices side by side, to which it adds b (a x).
struct apprentice_code_adapter {
  struct apprentice_codes a;  // [matrices * rank, inputs], without outputs where there is no adapter
  const uint8_t *b[3];        // as apprentice_pack_extra() packs them
  float b_scale[3];           // what b (a x) is multiplied by
  long rank;
};

// Rounds a matrix [outputs, inputs] to 8-bit codes without offsets; apprentice_codes_size() bytes of zeros
// before. Returns the number that the coded matrix is to be multiplied by.
float apprentice_round_to_codes(uint8_t *panels, const float *matrix, long outputs, long inputs);

// The bytes of a packed factor b.
long apprentice_extra_size(long outputs, long rank);

// Rounds b, which is [outputs, rank], to 8 bits with a scale for each output; as many bytes of zeros
// before. Returns the number that the packed matrix is to be multiplied by.
float apprentice_pack_extra(uint8_t *packed, const float *b, long outputs, long rank);

// The kind of code that holds a GGUF type exactly, or 16-bit codes where there is none.
enum apprentice_code_kind apprentice_code_kind_of(uint32_t format);

// The bytes of scratch that a product with so many rows and inputs needs, with an adapter of so many
// rank for three matrices, or 0.
long apprentice_code_scratch(long rows, long inputs, long rank);

// out[i][n] = or += Σ_k weights[n][k] x[i][k], on all threads, for the outputs of `count` matrices side
// by side, with an adapter's addition unless that is NULL. Rows of x and out are x_stride and out_stride
// apart.
void apprentice_code_product(const struct apprentice_codes *codes, long count, const float *x,
                             long x_stride, long rows, float *out, long out_stride,
                             int32_t accumulate, const struct apprentice_code_adapter *adapter,
                             uint8_t *scratch);

#endif
