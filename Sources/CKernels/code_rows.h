#ifndef APPRENTICE_CODE_ROWS_H
#define APPRENTICE_CODE_ROWS_H

#include "codes.h"

// The layout of panels of codes, and of the rows that they are multiplied with.

// Whether a code takes 16 bits; its scale is then in float32.
static inline int code_is_wide(enum apprentice_code_kind kind) {
  return kind == APPRENTICE_CODES_16;
}

static inline int code_has_offsets(enum apprentice_code_kind kind) {
  return kind == APPRENTICE_CODES_4 || kind == APPRENTICE_CODES_8_OFFSET;
}

// Codes that share 16 bits.
static inline int code_slots(enum apprentice_code_kind kind) {
  return kind == APPRENTICE_CODES_4 ? 4 : code_is_wide(kind) ? 1 : 2;
}

static inline long code_scales_size(enum apprentice_code_kind kind) {
  return APPRENTICE_CODE_PANEL * (code_is_wide(kind) ? 4 : 2);
}

// Scales and offsets of a block, which stand before its codes.
static inline long code_header_size(enum apprentice_code_kind kind) {
  return code_scales_size(kind) + (code_has_offsets(kind) ? APPRENTICE_CODE_PANEL * 2 : 0);
}

static inline long code_panel_size(long inputs, enum apprentice_code_kind kind) {
  long codes = APPRENTICE_CODE_PANEL * APPRENTICE_CODE_BLOCK * 2 / code_slots(kind);
  return inputs / APPRENTICE_CODE_BLOCK * (code_header_size(kind) + codes);
}

static inline long code_panel_count(const struct apprentice_codes *codes) {
  return (codes->outputs + APPRENTICE_CODE_PANEL - 1) / APPRENTICE_CODE_PANEL;
}

// From begin up to end.
struct code_share {
  long begin, end;
};

static inline struct code_share share_among(long count, int thread, int threads) {
  return (struct code_share){count * thread / threads, count * (thread + 1) / threads};
}

// A thread's panels of a matrix whose first panel is number `first` of `total` panels that the threads
// share.
static inline struct code_share code_share_of(const struct apprentice_codes *codes, long first,
                                              long total, int thread, int threads) {
  long begin = total * thread / threads - first, end = total * (thread + 1) / threads - first;
  long count = code_panel_count(codes);
  begin = begin < 0 ? 0 : begin;
  end = end > count ? count : end;
  return (struct code_share){begin, end < begin ? begin : end};
}

// Rows are multiplied in tiles of at most so many.
enum { CODE_TILE_ROWS = 8 };

// Rows rounded to 16 bits, with a scale for each 32 values of a row, because single values may be a
// thousand times as large as the rest. The integers of k and k + 1 stand side by side for each row of a
// tile, tile after tile. A row's values do not depend on the other rows.
struct code_rows {
  long count, inputs;
  int32_t *pairs;  // [inputs / 2][rows of the tile]
  float *scales;   // [inputs / 32][rows of the tile]
  float *sums;     // [inputs / 32][rows of the tile]: the block's integers' sum times its scale
};

static inline long code_tile_count(long rows) { return (rows + CODE_TILE_ROWS - 1) / CODE_TILE_ROWS; }

// Tiles are as even as can be.
static inline long code_tile_begin(long rows, long tile) {
  return rows * tile / code_tile_count(rows);
}

// a x of an adapter for one of the matrices, rounded to 16 bits with a scale for each row; as code_rows
// else. B is stored like 8-bit codes, with the scales of a panel before its codes: four of each output
// side by side.
struct extra_rows {
  long count, rank;
  int32_t *pairs;  // [rank / 2][rows of the tile]
  float *scales;   // [rows]
};

// Filled up with zeros.
static inline long extra_rank(long rank) { return (rank + 3) / 4 * 4; }

static inline long extra_panel_size(long rank) { return APPRENTICE_CODE_PANEL * (2 + extra_rank(rank)); }

static inline long extra_rows_size(long count, long rank) {
  return (count * (extra_rank(rank) / 2 + 1) * 4 + 63) / 64 * 64;
}

static inline struct extra_rows extra_rows_in(uint8_t *memory, long count, long rank) {
  int32_t *pairs = (int32_t *)memory;
  return (struct extra_rows){count, rank, pairs, (float *)(pairs + count * extra_rank(rank) / 2)};
}

// A part of a product: panels of the codes, tiles of the rows, and blocks of the inputs that both share.
struct code_part {
  struct code_share panels, tiles, blocks;
};

// All rows and inputs of some panels.
static inline struct code_part whole_panels(const struct code_rows *rows, struct code_share panels) {
  return (struct code_part){
      panels, {0, code_tile_count(rows->count)}, {0, rows->inputs / APPRENTICE_CODE_BLOCK}};
}

// Memory that will be read soon.
struct code_ahead {
  const void *begin;
  long bytes;
};

struct code_target {
  float *out;  // [rows, stride]
  long stride;
  int accumulate;
  // An adapter's second factor, whose product with `extra` is added; or NULL.
  const uint8_t *b;
  struct extra_rows extra;
  // What is asked for meanwhile, as the processor does not foresee it.
  struct code_ahead ahead;
};

static inline long code_rows_size(long count, long inputs) {
  return (count * (inputs / 2 + 2 * inputs / APPRENTICE_CODE_BLOCK) * 4 + 63) / 64 * 64;
}

static inline struct code_rows code_rows_in(uint8_t *memory, long count, long inputs) {
  struct code_rows rows = {.count = count, .inputs = inputs};
  rows.pairs = (int32_t *)memory;
  rows.scales = (float *)(rows.pairs + count * inputs / 2);
  rows.sums = rows.scales + count * (inputs / APPRENTICE_CODE_BLOCK);
  return rows;
}

#endif
