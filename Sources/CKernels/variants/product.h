// Products in float32. A thread takes some rows and some columns of the result. Of the second factor
// DEPTH rows and COLUMNS columns at a time are copied into strips that a tile reads straight through;
// of the first one, DEPTH columns of the rows of one tile. Tiles are as large as the registers hold.

enum {
  STRIP_VECTORS = LANES == 4 ? 4 : 2,
  STRIP = STRIP_VECTORS * LANES,
  PRODUCT_ROWS = LANES == 16 ? PRODUCT_MOST_ROWS : 6,
  DEPTH = PRODUCT_DEPTH,
  COLUMNS = PRODUCT_COLUMNS,
  TILE_STRIDE = PRODUCT_TILE_STRIDE,
};

// Where a tile's sums go.
struct product_target {
  float *out;
  long row_step, column_step;
  int accumulate;
};

static void add_values(const float *values, float *out, long step, long count, int accumulate) {
  for (long j = 0; j < count; j++) out[j * step] = accumulate ? out[j * step] + values[j] : values[j];
}

// The sum over depth of a[row][p] * b[p], added to a tile of `columns` columns of the result.
INLINE void product_tile(const float *a, const float *b, long b_stride, long depth,
                         const struct product_target *target, long columns, int rows, int vectors) {
  vec sums[PRODUCT_ROWS][STRIP_VECTORS];
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < vectors; j++) sums[i][j] = splat(0);
  }
  for (long p = 0; p < depth; p++, b += b_stride) {
    vec factors[STRIP_VECTORS];
    for (int j = 0; j < vectors; j++) factors[j] = load(b + j * LANES);
    for (int i = 0; i < rows; i++) {
      vec value = splat(a[i * TILE_STRIDE + p]);
      for (int j = 0; j < vectors; j++) sums[i][j] += value * factors[j];
    }
  }
  int whole = target->column_step == 1 && columns == vectors * LANES;
  // Unrolled, or the sums would live in memory throughout.
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    float *place = target->out + i * target->row_step;
    if (whole) {
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) {
        store(place + j * LANES,
              target->accumulate ? load(place + j * LANES) + sums[i][j] : sums[i][j]);
      }
    } else {
      float values[STRIP];
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) store(values + j * LANES, sums[i][j]);
      add_values(values, place, target->column_step, columns, target->accumulate);
    }
  }
}

// Copies rows [row, row + rows) of the first factor, its columns [from, from + depth), times scale.
INLINE void copy_tile(const struct apprentice_product_term *term, long row, long rows, long from,
                      long depth, float *out) {
  float scale = term->scale;
  for (long i = 0; i < rows; i++, out += TILE_STRIDE) {
    long p = 0;
    if (!term->a_transposed) {
      const float *in = term->a + (row + i) * term->a_stride + from;
      for (; p + LANES <= depth; p += LANES) store(out + p, load(in + p) * scale);
      for (; p < depth; p++) out[p] = in[p] * scale;
    } else {
      long stride = term->a_stride;
      const float *in = term->a + from * stride + row + i;
      for (; p < depth; p++) out[p] = in[p * stride] * scale;
    }
  }
}

// Copies rows [from, from + depth) of the second factor, its columns [column, column + columns), strip
// by strip; the last strip is filled up with 0.
INLINE void copy_strips(const struct apprentice_product_term *term, long from, long depth, long column,
                        long columns, float *out) {
  for (long begin = 0; begin < columns; begin += STRIP, out += DEPTH * STRIP) {
    long width = columns - begin < STRIP ? columns - begin : STRIP;
    if (!term->b_transposed) {
      const float *in = term->b + from * term->b_stride + column + begin;
      for (long p = 0; p < depth; p++) {
        const float *source = in + p * term->b_stride;
        float *place = out + p * STRIP;
        if (width == STRIP) {
          for (int j = 0; j < STRIP_VECTORS; j++) store(place + j * LANES, load(source + j * LANES));
        } else {
          for (long j = 0; j < STRIP; j++) place[j] = j < width ? source[j] : 0;
        }
      }
    } else {
      const float *in = term->b + (column + begin) * term->b_stride + from;
      for (long j = 0; j < STRIP; j++) {
        for (long p = 0; p < depth; p++) out[p * STRIP + j] = j < width ? in[j * term->b_stride + p] : 0;
      }
    }
  }
}

// A block of the second factor of a term.
struct product_block {
  const struct apprentice_product_term *term;
  long from, depth, column, columns;
};

// Asks for one of `shares` shares of a block, so that it is in the cache when it is copied.
INLINE void ask_for(const struct product_block *block, long share, long shares) {
  if (!block->term || block->term->b_transposed) return;
  long begin = block->depth * share / shares, end = block->depth * (share + 1) / shares;
  for (long p = begin; p < end; p++) {
    const float *row = block->term->b + (block->from + p) * block->term->b_stride + block->column;
    for (long j = 0; j < block->columns; j += 16) __builtin_prefetch(row + j, 0, 2);
  }
}

// Rows of the first factor.
struct product_rows {
  const float *first;  // NULL: none
  long stride, count, depth;
};

INLINE void ask_for_rows(const struct product_rows *rows, long share, long shares) {
  if (!rows->first) return;
  for (long i = rows->count * share / shares; i < rows->count * (share + 1) / shares; i++) {
    const float *row = rows->first + i * rows->stride;
    for (long p = 0; p < rows->depth; p += 16) __builtin_prefetch(row + p, 0, 2);
  }
}

// A tile of rows with all strips of a block; asks for its share of the next block meanwhile.
INLINE void product_strips(const float *a, const float *b, long b_stride, long strip_size, long depth,
                           const struct product_target *target, long columns, int rows,
                           const struct product_block *next, long share, long shares,
                           const struct product_rows *rows_after) {
  struct product_target place = *target;
  long strips = (columns + STRIP - 1) / STRIP;
  for (long s = 0; s < strips; s++, b += strip_size) {
    ask_for(next, share * strips + s, shares * strips);
    ask_for_rows(rows_after, s, strips);
    long width = columns - s * STRIP < STRIP ? columns - s * STRIP : STRIP;
    if (STRIP_VECTORS > 1 && width <= LANES) {
      product_tile(a, b, b_stride, depth, &place, width, rows, 1);
    } else {
      product_tile(a, b, b_stride, depth, &place, width, rows, STRIP_VECTORS);
    }
    place.out += STRIP * place.column_step;
  }
}

// The part of a block that follows another one, in the order in which a thread takes them: depths of a
// term, terms, columns. No term after the last.
INLINE struct product_block next_block(const struct apprentice_product *product,
                                       const struct product_block *block, long first_column,
                                       long end_column) {
  struct product_block next = *block;
  next.from += block->depth;
  if (next.from >= block->term->depth) {
    next.from = 0;
    next.term++;
    if (next.term == product->terms + product->count) {
      next.term = product->terms;
      next.column += block->columns;
      if (next.column >= end_column) return (struct product_block){0};
    }
  }
  long column_blocks = (end_column - first_column + COLUMNS - 1) / COLUMNS;
  long depth_blocks = (next.term->depth + DEPTH - 1) / DEPTH;
  // Blocks are about even.
  long columns = (end_column - first_column + column_blocks - 1) / column_blocks;
  columns = (columns + STRIP - 1) / STRIP * STRIP;
  long depth = (next.term->depth + depth_blocks - 1) / depth_blocks;
  next.columns = end_column - next.column < columns ? end_column - next.column : columns;
  next.depth = next.term->depth - next.from < depth ? next.term->depth - next.from : depth;
  return next;
}

#define PRODUCT_CASE(ROWS)                                                                       \
  case ROWS:                                                                                     \
    product_strips(tile, b, b_stride, strip_size, block.depth, &target, block.columns, ROWS,     \
                   &next, n, tiles, &after);                                                     \
    break;

static void product_part(const struct apprentice_product *product, long first_row, long end_row,
                         long first_column, long end_column, float *scratch) {
  float *tile = scratch, *strips = scratch + PRODUCT_MOST_ROWS * TILE_STRIDE;
  long row_step = product->out_transposed ? 1 : product->out_stride;
  long column_step = product->out_transposed ? product->out_stride : 1;
  long count = end_row - first_row, tiles = (count + PRODUCT_ROWS - 1) / PRODUCT_ROWS;
  // Nothing before the first block.
  struct product_block block = {product->terms, 0, 0, first_column, 0}, next;
  block = next_block(product, &block, first_column, end_column);
  for (; block.term; block = next) {
    next = next_block(product, &block, first_column, end_column);
    const struct apprentice_product_term *term = block.term;
    int accumulate = product->accumulate || term > product->terms || block.from > 0;
    // Copying does not pay for so few rows that the strips are read once or twice.
    int direct = tiles < 3 && !term->b_transposed &&
                 (block.columns % STRIP == 0 || block.columns % STRIP == LANES);
    const float *b = direct ? term->b + block.from * term->b_stride + block.column : strips;
    long b_stride = direct ? term->b_stride : STRIP, strip_size = direct ? STRIP : DEPTH * STRIP;
    if (!direct) copy_strips(term, block.from, block.depth, block.column, block.columns, strips);
    for (long n = 0; n < tiles; n++) {
      long row = first_row + count * n / tiles;
      long rows = first_row + count * (n + 1) / tiles - row;
      struct product_target target = {
          product->out + row * row_step + block.column * column_step, row_step, column_step, accumulate};
      copy_tile(term, row, rows, block.from, block.depth, tile);
      struct product_rows after = {0};
      if (!term->a_transposed && n + 1 < tiles) {
        after = (struct product_rows){term->a + (row + rows) * term->a_stride + block.from,
                                      term->a_stride, PRODUCT_ROWS, block.depth};
      }
      switch (rows) {
        PRODUCT_CASE(1)
        PRODUCT_CASE(2)
        PRODUCT_CASE(3)
        PRODUCT_CASE(4)
        PRODUCT_CASE(5)
        PRODUCT_CASE(6)
#if LANES == 16
        PRODUCT_CASE(7)
        PRODUCT_CASE(8)
        PRODUCT_CASE(9)
        PRODUCT_CASE(10)
        PRODUCT_CASE(11)
        PRODUCT_CASE(12)
#endif
      }
    }
  }
}

#undef PRODUCT_CASE
