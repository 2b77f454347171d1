// Products with integer codes; see codes.h. Between the ends of two blocks all sums are integers.

enum { PANEL = APPRENTICE_CODE_PANEL, BLOCK = APPRENTICE_CODE_BLOCK, PANEL_VECTORS = PANEL / LANES };

// How far ahead weights are asked for, as the processor's own prefetching stops at every page, and how
// many bytes of panels stay in the cache while all tiles of rows pass by.
enum { AHEAD = 3072, CACHED_BYTES = 128 << 10 };

// Σ over pairs: sums + code pairs · x pairs.
INLINE int_vec add_pairs(int_vec sums, short_vec codes, short_vec x) {
#if defined(ADD_PAIRS)
  return ADD_PAIRS(sums, codes, x);
#else
  for (int lane = 0; lane < LANES; lane++) {
    sums[lane] += codes[2 * lane] * x[2 * lane] + codes[2 * lane + 1] * x[2 * lane + 1];
  }
  return sums;
#endif
}

// A vector of numbers in half precision.
INLINE vec load_halves(const void *halves) {
#if defined(LOAD_HALVES)
  return LOAD_HALVES(halves);
#else
  vec values;
  for (int lane = 0; lane < LANES; lane++) {
    uint16_t half;
    memcpy(&half, (const uint8_t *)halves + 2 * lane, 2);
    values[lane] = half_to_float(half);
  }
  return values;
#endif
}

// Vector number v of a block's scales, or of its offsets.
INLINE vec load_scales(const uint8_t *scales, enum apprentice_code_kind kind, int v) {
  if (code_is_wide(kind)) return load((const float *)scales + v * LANES);
  return load_halves(scales + v * LANES * 2);
}

// The codes that stand in one slot of each 16 bits.
INLINE short_vec codes_of_slot(short_vec packed, int slot, enum apprentice_code_kind kind) {
  if (code_is_wide(kind)) return packed;
  if (kind == APPRENTICE_CODES_4) {
    ushort_vec shifted = (ushort_vec)packed >> (4 * slot);
    return (short_vec)(slot == 3 ? shifted : shifted & 15);
  }
  return slot == 0 ? (short_vec)((ushort_vec)packed << 8) >> 8 : packed >> 8;
}

// Rounds the tiles [first_tile, end_tile) of x, their blocks [first_block, end_block) of inputs.
static void make_code_rows(const float *x, long stride, const struct code_rows *out, long first_tile,
                           long end_tile, long first_block, long end_block) {
  const float rounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  long inputs = out->inputs;
  for (long tile = first_tile; tile < end_tile; tile++) {
    long begin = code_tile_begin(out->count, tile), rows = code_tile_begin(out->count, tile + 1) - begin;
    int32_t *pairs = out->pairs + begin * inputs / 2;
    float *scales = out->scales + begin * inputs / BLOCK, *sums = out->sums + begin * inputs / BLOCK;
    for (long r = 0; r < rows; r++) {
      const float *row = x + (begin + r) * stride + first_block * BLOCK;
      for (long block = first_block; block < end_block; block++, row += BLOCK) {
        vec values[BLOCK / LANES], largest = splat(0);
        for (int i = 0; i < BLOCK / LANES; i++) {
          values[i] = load(row + i * LANES);
          largest = larger(largest, (vec)((int_vec)values[i] & 0x7fffffff));
        }
        float most = largest_lane(largest), factor = most > 0 ? 32767 / most : 0;
        int_vec sum = {0};
        for (int i = 0; i < BLOCK / LANES; i++) {
          int_vec code = (int_vec)(values[i] * factor + rounder) - 0x4B400000;
          sum += code;
          half_short_vec narrow = __builtin_convertvector(code, half_short_vec);
          int32_t narrow_pairs[LANES / 2];
          memcpy(narrow_pairs, &narrow, sizeof narrow_pairs);
          int32_t *place = pairs + (block * BLOCK + i * LANES) / 2 * rows + r;
          for (int j = 0; j < LANES / 2; j++) place[j * rows] = narrow_pairs[j];
        }
        scales[block * rows + r] = most / 32767;
        sums[block * rows + r] = sum_lanes(__builtin_convertvector(sum, vec)) * (most / 32767);
      }
    }
  }
}

// One panel with the tile of rows that begins at `row`, for `vectors` of the panel's vectors from `first`
// on, over some blocks of inputs.
INLINE void code_tile(const uint8_t *panel, const struct code_rows *x, long row,
                      struct code_share blocks, vec totals[][CODE_TILE_ROWS],
                      enum apprentice_code_kind kind, int first, int vectors, int rows) {
  enum { WORD = PANEL * 4 };
  int slots = code_slots(kind);
  long block_size = code_panel_size(BLOCK, kind), scale = row * x->inputs / BLOCK + blocks.begin * rows;
  const int32_t *pairs = x->pairs + row * x->inputs / 2 + blocks.begin * (BLOCK / 2) * rows;
  const float *scales = x->scales + scale, *sums = x->sums + scale;
  panel += blocks.begin * block_size;
  for (int v = 0; v < vectors; v++) {
    for (int r = 0; r < rows; r++) totals[v][r] = splat(0);
  }
  for (long block = blocks.begin; block < blocks.end; block++, panel += block_size) {
    for (long i = 0; i < block_size; i += 64) __builtin_prefetch(panel + AHEAD + i);
    const uint8_t *words = panel + code_header_size(kind);
    // Sums of 15-bit codes' products fill 32 bits after four.
    int words_at_once = kind == APPRENTICE_CODES_16 ? 2 : BLOCK / 2 / slots;
    for (int part = 0; part < BLOCK / 2 / slots; part += words_at_once) {
      int_vec products[PANEL_VECTORS][CODE_TILE_ROWS];
      for (int v = 0; v < vectors; v++) {
        for (int r = 0; r < rows; r++) products[v][r] = (int_vec){0};
      }
      for (int word = 0; word < words_at_once; word++, words += WORD) {
        short_vec packed[PANEL_VECTORS];
        for (int v = 0; v < vectors; v++) {
          packed[v] = *(const unaligned_short_vec *)(words + (first + v) * 4 * LANES);
        }
        for (int slot = 0; slot < slots; slot++, pairs += rows) {
          short_vec code[PANEL_VECTORS];
          for (int v = 0; v < vectors; v++) code[v] = codes_of_slot(packed[v], slot, kind);
          for (int r = 0; r < rows; r++) {
            short_vec pair = (short_vec)((int_vec){0} + pairs[r]);
            for (int v = 0; v < vectors; v++) products[v][r] = add_pairs(products[v][r], code[v], pair);
          }
        }
      }
      for (int v = 0; v < vectors; v++) {
        vec scale = load_scales(panel, kind, first + v);
        for (int r = 0; r < rows; r++) {
          totals[v][r] += __builtin_convertvector(products[v][r], vec) * (scale * scales[r]);
        }
      }
    }
    for (int v = 0; code_has_offsets(kind) && v < vectors; v++) {
      vec offset = load_scales(panel + code_scales_size(kind), kind, first + v);
      for (int r = 0; r < rows; r++) totals[v][r] += offset * sums[r];
    }
    scales += rows;
    sums += rows;
  }
}

// totals[v][r] += Σ_j b[n][j] u[row + r][j] for vector number `first` + v of a panel of an adapter's b.
INLINE void extra_tile(const uint8_t *panel, const struct extra_rows *u, long row,
                       vec totals[][CODE_TILE_ROWS], int first, int vectors, int rows) {
  enum { WORD = PANEL * 4 };
  long words = extra_rank(u->rank) / 4;
  for (int v = 0; v < vectors; v++) {
    const uint8_t *place = panel + 2 * PANEL + (first + v) * 4 * LANES;
    const int32_t *pairs = u->pairs + row * extra_rank(u->rank) / 2;
    int_vec products[CODE_TILE_ROWS];
    for (int r = 0; r < rows; r++) products[r] = (int_vec){0};
    for (long word = 0; word < words; word++, place += WORD) {
      short_vec packed = *(const unaligned_short_vec *)place;
      for (int slot = 0; slot < 2; slot++, pairs += rows) {
        short_vec code = codes_of_slot(packed, slot, APPRENTICE_CODES_8);
        for (int r = 0; r < rows; r++) {
          products[r] = add_pairs(products[r], code, (short_vec)((int_vec){0} + pairs[r]));
        }
      }
    }
    vec scale = load_scales(panel, APPRENTICE_CODES_8, first + v);
    for (int r = 0; r < rows; r++) {
      totals[v][r] += __builtin_convertvector(products[r], vec) * (scale * u->scales[row + r]);
    }
  }
}

// place[lane] = or += values for the first `room` lanes.
INLINE void put(float *place, vec values, long room, int accumulate) {
  if (room >= LANES) {
    store(place, accumulate ? load(place) + values : values);
  } else {
    for (long lane = 0; lane < room; lane++) place[lane] = (accumulate ? place[lane] : 0) + values[lane];
  }
}

// Asks for the part of some memory that falls to panel n of a product.
INLINE void ask_ahead(struct code_ahead ahead, struct code_share panels, long n) {
  if (!ahead.bytes) return;
  struct code_share share =
      share_among(ahead.bytes, (int)(n - panels.begin), (int)(panels.end - panels.begin));
  for (long i = share.begin / 64 * 64; i < share.end; i += 64) {
    __builtin_prefetch((const uint8_t *)ahead.begin + i);
  }
}

// Panels [begin, end) with the tile whose first row is `row`.
INLINE void code_panels(const struct apprentice_codes *codes, const struct code_rows *x, long row,
                        long begin, long end, const struct code_part *part,
                        const struct code_target *target, enum apprentice_code_kind kind, int vectors,
                        int rows) {
  long size = code_panel_size(codes->inputs, kind);
  for (long n = begin; n < end; n++) {
    ask_ahead(target->ahead, part->panels, n);
    const uint8_t *b = target->b ? target->b + n * extra_panel_size(target->extra.rank) : 0;
    for (long i = 0; b && i < extra_panel_size(target->extra.rank); i += 64) __builtin_prefetch(b + i);
    for (int first = 0; first < PANEL_VECTORS; first += vectors) {
      vec totals[PANEL_VECTORS][CODE_TILE_ROWS];
      code_tile(codes->panels + n * size, x, row, part->blocks, totals, kind, first, vectors, rows);
      if (b) extra_tile(b, &target->extra, row, totals, first, vectors, rows);
      for (int v = 0; v < vectors; v++) {
        long column = n * PANEL + (first + v) * LANES;
        for (int r = 0; r < rows; r++) {
          put(target->out + (row + r) * target->stride + column, totals[v][r], codes->outputs - column,
              target->accumulate);
        }
      }
    }
  }
}

// As many vectors at a time as leave every sum of integers in a register.
#define VECTORS_FOR(ROWS) (LANES == 16 || ROWS <= 4 ? (PANEL_VECTORS < 2 ? PANEL_VECTORS : 2) : 1)
#define CODE_ROWS(ROWS)                                                                   \
  case ROWS:                                                                              \
    code_panels(codes, x, row, first, last, part, target, kind, VECTORS_FOR(ROWS), ROWS); \
    break;

INLINE void code_product_of(const struct apprentice_codes *codes, const struct code_rows *x,
                            const struct code_part *part, const struct code_target *target,
                            enum apprentice_code_kind kind) {
  long run = (CACHED_BYTES - 1) / code_panel_size(codes->inputs, kind) + 1;
  for (long first = part->panels.begin; first < part->panels.end; first += run) {
    long last = first + run < part->panels.end ? first + run : part->panels.end;
    for (long tile = part->tiles.begin; tile < part->tiles.end; tile++) {
      long row = code_tile_begin(x->count, tile);
      switch (code_tile_begin(x->count, tile + 1) - row) {
        CODE_ROWS(1) CODE_ROWS(2) CODE_ROWS(3) CODE_ROWS(4)
        CODE_ROWS(5) CODE_ROWS(6) CODE_ROWS(7) CODE_ROWS(8)
      }
    }
  }
}

#undef CODE_ROWS
#undef VECTORS_FOR

static void code_product(const struct apprentice_codes *codes, const struct code_rows *x,
                         const struct code_part *part, const struct code_target *target) {
  switch (codes->kind) {
    case APPRENTICE_CODES_4: code_product_of(codes, x, part, target, APPRENTICE_CODES_4); break;
    case APPRENTICE_CODES_8: code_product_of(codes, x, part, target, APPRENTICE_CODES_8); break;
    case APPRENTICE_CODES_8_OFFSET:
      code_product_of(codes, x, part, target, APPRENTICE_CODES_8_OFFSET);
      break;
    case APPRENTICE_CODES_16: code_product_of(codes, x, part, target, APPRENTICE_CODES_16); break;
  }
}

static void make_extra_rows(const float *u, long stride, float b_scale, const struct extra_rows *out,
                            struct code_share tiles) {
  const float rounder = 12582912.0f;  // as for make_code_rows
  long rank = out->rank, whole = rank / LANES * LANES;
  for (long tile = tiles.begin; tile < tiles.end; tile++) {
    long begin = code_tile_begin(out->count, tile), rows = code_tile_begin(out->count, tile + 1) - begin;
    for (long r = 0; r < rows; r++) {
      const float *row = u + (begin + r) * stride;
      int32_t *place = out->pairs + begin * extra_rank(rank) / 2 + r;
      vec largest = splat(0);
      for (long j = 0; j < whole; j += LANES) {
        largest = larger(largest, (vec)((int_vec)load(row + j) & 0x7fffffff));
      }
      float most = largest_lane(largest);
      for (long j = whole; j < rank; j++) most = fmaxf(most, fabsf(row[j]));
      float factor = most > 0 ? 32767 / most : 0;
      for (long j = 0; j < whole; j += LANES) {
        int_vec code = (int_vec)(load(row + j) * factor + rounder) - 0x4B400000;
        half_short_vec narrow = __builtin_convertvector(code, half_short_vec);
        int32_t narrow_pairs[LANES / 2];
        memcpy(narrow_pairs, &narrow, sizeof narrow_pairs);
        for (int i = 0; i < LANES / 2; i++, place += rows) *place = narrow_pairs[i];
      }
      for (long j = whole; j < extra_rank(rank); j += 2, place += rows) {
        int16_t pair[2];
        for (int i = 0; i < 2; i++) {
          pair[i] = j + i < rank ? (int16_t)lrintf(row[j + i] * factor) : 0;
        }
        memcpy(place, pair, sizeof pair);
      }
      out->scales[begin + r] = most / 32767 * b_scale;
    }
  }
}
