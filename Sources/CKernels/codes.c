#include "codes.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "halves.h"
#include "table.h"

enum { PANEL = APPRENTICE_CODE_PANEL, BLOCK = APPRENTICE_CODE_BLOCK, MOST_15_BITS = 16383 };

// GGUF's type codes of the formats whose blocks are codes already.
enum { Q4_0 = 2, Q4_1 = 3, Q5_0 = 6, Q5_1 = 7, Q8_0 = 8 };

enum apprentice_code_kind apprentice_code_kind_of(uint32_t format) {
  switch (format) {
    case Q4_0:
    case Q4_1: return APPRENTICE_CODES_4;
    case Q5_0:
    case Q8_0: return APPRENTICE_CODES_8;
    case Q5_1: return APPRENTICE_CODES_8_OFFSET;
    default: return APPRENTICE_CODES_16;
  }
}

long apprentice_codes_size(long outputs, long inputs, enum apprentice_code_kind kind) {
  return (outputs + PANEL - 1) / PANEL * code_panel_size(inputs, kind);
}

// One block of one row.
struct code_block {
  int16_t codes[BLOCK];
  uint16_t scale, offset;  // half precision
  float wide_scale;        // instead of scale for 16-bit codes
};

// -8 times a half: exact, as long as it is finite.
static uint16_t minus_eight_times(uint16_t half) {
  float value = half_to_float(half) * -8;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  uint32_t magnitude = bits & 0x7fffffffu;
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
  if (magnitude >= 0x47800000u) return (uint16_t)(sign | 0x7bffu);
  if (magnitude >= 0x38800000u) return (uint16_t)(sign | (magnitude - 0x38000000u) >> 13);
  return (uint16_t)(sign | (uint16_t)(fabsf(value) * 0x1p24f));
}

static void read_nibbles(const uint8_t *bytes, int16_t *codes) {
  for (int j = 0; j < 16; j++) {
    codes[j] = bytes[j] & 15;
    codes[j + 16] = bytes[j] >> 4;
  }
}

static void read_fifth_bits(const uint8_t *bytes, int16_t *codes, int16_t minus) {
  uint32_t high;
  memcpy(&high, bytes, 4);
  for (int j = 0; j < BLOCK; j++) {
    codes[j] = (int16_t)((codes[j] | (int16_t)(high >> j & 1u) << 4) - minus);
  }
}

static void round_to_15_bits(const uint8_t *bytes, struct code_block *out) {
  float values[BLOCK], most = 0;
  memcpy(values, bytes, sizeof values);
  for (int j = 0; j < BLOCK; j++) most = fmaxf(most, fabsf(values[j]));
  out->wide_scale = most / MOST_15_BITS;
  float factor = most > 0 ? MOST_15_BITS / most : 0;
  for (int j = 0; j < BLOCK; j++) out->codes[j] = (int16_t)lrintf(values[j] * factor);
}

// Reads block number `block` of a row.
static void read_block(const uint8_t *row, uint32_t format, long block, struct code_block *out) {
  switch (format) {
    case Q4_0:
      row += block * 18;
      memcpy(&out->scale, row, 2);
      out->offset = minus_eight_times(out->scale);
      read_nibbles(row + 2, out->codes);
      break;
    case Q4_1:
      row += block * 20;
      memcpy(&out->scale, row, 2);
      memcpy(&out->offset, row + 2, 2);
      read_nibbles(row + 4, out->codes);
      break;
    case Q5_0:
      row += block * 22;
      memcpy(&out->scale, row, 2);
      read_nibbles(row + 6, out->codes);
      read_fifth_bits(row + 2, out->codes, 16);
      break;
    case Q5_1:
      row += block * 24;
      memcpy(&out->scale, row, 2);
      memcpy(&out->offset, row + 2, 2);
      read_nibbles(row + 8, out->codes);
      read_fifth_bits(row + 4, out->codes, 0);
      break;
    case Q8_0:
      row += block * 34;
      memcpy(&out->scale, row, 2);
      for (int j = 0; j < BLOCK; j++) out->codes[j] = (int8_t)row[2 + j];
      break;
    default: round_to_15_bits(row + block * BLOCK * (long)sizeof(float), out);
  }
}

// Puts an output's block into its panel.
static void place_block(uint8_t *panel, long output, enum apprentice_code_kind kind,
                        const struct code_block *block) {
  if (code_is_wide(kind)) {
    memcpy(panel + output * 4, &block->wide_scale, 4);
  } else {
    memcpy(panel + output * 2, &block->scale, 2);
  }
  if (code_has_offsets(kind)) memcpy(panel + code_scales_size(kind) + output * 2, &block->offset, 2);
  uint8_t *words = panel + code_header_size(kind);
  int slots = code_slots(kind), bits = 16 / slots;
  for (int k = 0; k < BLOCK; k++) {
    // k's pair, the word of the panel that holds the pair, and the pair's slot in it.
    int pair = k / 2, word = pair / slots, slot = pair % slots;
    uint8_t *place = words + word * PANEL * 4 + output * 4 + k % 2 * 2;
    uint16_t lane;
    memcpy(&lane, place, 2);
    uint32_t mask = (1u << bits) - 1;
    lane = (uint16_t)(lane | ((uint32_t)(uint16_t)block->codes[k] & mask) << (slot * bits));
    memcpy(place, &lane, 2);
  }
}

void apprentice_pack_codes(uint8_t *panels, const void *const *rows, long outputs, long inputs,
                           uint32_t format, long begin, long end) {
  enum apprentice_code_kind kind = apprentice_code_kind_of(format);
  long size = code_panel_size(inputs, kind), block_size = size / (inputs / BLOCK);
  memset(panels + begin * size, 0, (size_t)((end - begin) * size));
  for (long n = begin * PANEL; n < end * PANEL && n < outputs; n++) {
    for (long block = 0; block < inputs / BLOCK; block++) {
      struct code_block read = {.scale = 0};
      read_block(rows[n], format, block, &read);
      place_block(panels + n / PANEL * size + block * block_size, n % PANEL, kind, &read);
    }
  }
}

// A power of two that the scales of a matrix's 8-bit codes are relative to, so that halves hold them
// whatever its size is.
static float unit_of(const float *values, long count) {
  float largest = 0;
  for (long i = 0; i < count; i++) largest = fmaxf(largest, fabsf(values[i]));
  int exponent;
  frexpf(largest / 127, &exponent);
  return ldexpf(1, exponent);
}

// The scale of values up to `most` as 8-bit codes, as the half that is stored: not less than it should be.
static uint16_t scale_of_8_bits(float most) {
  uint16_t half = float_to_half(most / 127);
  return half_to_float(half) * 127 < most && half < 0x7bff ? (uint16_t)(half + 1) : half;
}

float apprentice_round_to_codes(uint8_t *panels, const float *matrix, long outputs, long inputs) {
  enum apprentice_code_kind kind = APPRENTICE_CODES_8;
  float unit = unit_of(matrix, outputs * inputs);
  long size = code_panel_size(inputs, kind), block_size = size / (inputs / BLOCK);
  for (long n = 0; n < outputs; n++) {
    for (long block = 0; block < inputs / BLOCK; block++) {
      const float *values = matrix + n * inputs + block * BLOCK;
      struct code_block rounded = {.offset = 0};
      float most = 0;
      for (int j = 0; j < BLOCK; j++) most = fmaxf(most, fabsf(values[j]) / unit);
      rounded.scale = scale_of_8_bits(most);
      float scale = half_to_float(rounded.scale), factor = scale > 0 ? 1 / (scale * unit) : 0;
      for (int j = 0; j < BLOCK; j++) rounded.codes[j] = (int16_t)lrintf(values[j] * factor);
      place_block(panels + n / PANEL * size + block * block_size, n % PANEL, kind, &rounded);
    }
  }
  return unit;
}

long apprentice_extra_size(long outputs, long rank) {
  return (outputs + PANEL - 1) / PANEL * extra_panel_size(rank);
}

float apprentice_pack_extra(uint8_t *packed, const float *b, long outputs, long rank) {
  float unit = unit_of(b, outputs * rank);
  for (long n = 0; n < outputs; n++) {
    const float *values = b + n * rank;
    uint8_t *panel = packed + n / PANEL * extra_panel_size(rank);
    float most = 0;
    for (long j = 0; j < rank; j++) most = fmaxf(most, fabsf(values[j]) / unit);
    uint16_t half = scale_of_8_bits(most);
    float scale = half_to_float(half), factor = scale > 0 ? 1 / (scale * unit) : 0;
    memcpy(panel + n % PANEL * 2, &half, 2);
    for (long j = 0; j < rank; j++) {
      // Four of an output side by side: two pairs in the slots of two 16-bit numbers.
      long place = j / 4 * PANEL * 4 + n % PANEL * 4 + j % 2 * 2 + j / 2 % 2;
      panel[PANEL * 2 + place] = (uint8_t)(int8_t)lrintf(values[j] * factor);
    }
  }
  return unit;
}

struct code_job {
  const struct apprentice_codes *codes;
  long count;
  const float *x;
  long x_stride, rows;
  float *out;
  long out_stride;
  int accumulate;
  const struct apprentice_code_adapter *adapter;
  uint8_t *scratch;
  struct spin_barrier barrier;
};

// a x of an adapter for matrix number i.
static struct extra_rows extra_of(const struct code_job *job, long i) {
  long rank = job->adapter->rank, size = extra_rows_size(job->rows, rank);
  uint8_t *memory = job->scratch + code_rows_size(job->rows, job->codes->inputs) + i * size;
  return extra_rows_in(memory, job->rows, rank);
}

// Each thread rounds some tiles of rows and computes a x of some; then each takes a share of all panels.
static void code_part(void *context, int thread, int threads) {
  struct code_job *job = context;
  const struct apprentice_code_adapter *adapter = job->adapter;
  struct code_rows rows = code_rows_in(job->scratch, job->rows, job->codes->inputs);
  uint8_t *reduced = job->scratch + code_rows_size(job->rows, job->codes->inputs);
  struct code_share tiles = share_among(code_tile_count(job->rows), thread, threads);
  kernels()->make_code_rows(job->x, job->x_stride, &rows, tiles.begin, tiles.end, 0,
                            rows.inputs / BLOCK);
  if (adapter) {
    // The rows that this thread has rounded itself.
    struct code_part part = whole_panels(&rows, (struct code_share){0, code_panel_count(&adapter->a)});
    float *u = (float *)(reduced + job->count * extra_rows_size(job->rows, adapter->rank));
    struct code_target target = {.out = u, .stride = adapter->a.outputs};
    part.tiles = tiles;
    kernels()->code_product(&adapter->a, &rows, &part, &target);
    for (long i = 0; i < job->count; i++) {
      struct extra_rows extra = extra_of(job, i);
      kernels()->make_extra_rows(u + i * adapter->rank, target.stride, adapter->b_scale[i], &extra,
                                 tiles);
    }
  }
  spin_barrier_wait(&job->barrier, threads);
  long total = 0, first = 0, column = 0;
  for (long i = 0; i < job->count; i++) total += code_panel_count(job->codes + i);
  for (long i = 0; i < job->count; i++) {
    const struct apprentice_codes *codes = job->codes + i;
    struct code_share panels = code_share_of(codes, first, total, thread, threads);
    struct code_part part = whole_panels(&rows, panels);
    struct code_target target = {
        .out = job->out + column, .stride = job->out_stride, .accumulate = job->accumulate};
    if (adapter) {
      target.b = adapter->b[i];
      target.extra = extra_of(job, i);
    }
    kernels()->code_product(codes, &rows, &part, &target);
    first += code_panel_count(codes);
    column += codes->outputs;
  }
}

void apprentice_code_product(const struct apprentice_codes *codes, long count, const float *x,
                             long x_stride, long rows, float *out, long out_stride,
                             int32_t accumulate, const struct apprentice_code_adapter *adapter,
                             uint8_t *scratch) {
  if (rows < 1) return;
  struct code_job job = {codes, count,      x,          x_stride, rows,
                         out,   out_stride, accumulate, adapter,  scratch, {0, 0}};
  parallel_region(code_part, &job);
}

long apprentice_code_scratch(long rows, long inputs, long rank) {
  long extra = 3 * (extra_rows_size(rows, rank) + rows * rank * (long)sizeof(float));
  return code_rows_size(rows, inputs) + extra;
}
