// Matrix products in registers, in float32 and in bfloat16, for the widest
// vectors that the processor has. They are C because Swift can neither compile
// one function for other processor features than the next nor name the
// instructions.
//
// A product A B reads B as panels: of 32 columns each, row after row,
// `[⌈columns/32⌉, depth, 32]`, with zeros in the columns beyond the last; a panel
// may have more rows than are read. In
// bfloat16 an element of A and of B is a pair: two neighbours along the depth in
// one 32-bit word, the first of them in its lower half.
//
// Each element of A B is one chain of multiply-adds along the depth, begun at
// zero. So a row of C depends on its row of A and on B alone: not on how many
// rows there are, on their order, or on how a product is cut into parts, by rows
// or by panels.
#pragma once
#include <stdint.h>

enum {
  solon_panel_width = 32,
  // Rows of A that are multiplied at once.
  solon_row_block = 12,
};

// What the processor and the system can do.
enum solon_vectors {
  solon_vectors_plain,
  solon_vectors_avx2,
  solon_vectors_avx512,
  // With products of bfloat16 pairs.
  solon_vectors_avx512_bf16,
};
enum solon_vectors solon_processor_vectors(void);

// Where the rows of A lie. Element (i, p) is at
// `data[(i / 12) * block + (i % 12) * row + p * step]`, in words of 32 bits.
struct solon_rows {
  const void *data;
  long block, row, step;
};

// Memory that will be read soon: `count` segments of `bytes` bytes, `stride` bytes
// apart.
struct solon_ahead_part {
  const char *start;
  long bytes, stride, count;
};

// A walk through parts of memory, of which every product has a piece brought near.
struct solon_ahead {
  const struct solon_ahead_part *part, *end;
  // Of the part at hand: its segment, and what has been asked for of that.
  long segment, offset;
};

// C = A B + addend, or A B without one. Rows of `c` and of `addend`, which may be
// `c` itself, are `c_row` apart. `panel`: words from one panel to the next. `ahead`
// may be null.
void solon_product_float32(
    float *c, long c_row, struct solon_rows a, const float *panels, long panel, long rows,
    long depth, long columns, const float *addend, struct solon_ahead *ahead);

// The same for pairs; `depth` counts pairs. Rows lie `row` apart with steps of 1, or in
// blocks of columns: `row` is 1 and steps are of 12.
void solon_product_bfloat16(
    float *c, long c_row, struct solon_rows a, const uint32_t *panels, long panel,
    long rows, long depth, long columns, const float *addend, struct solon_ahead *ahead);

// One of several small products: some rows of A, the words of a row side by side,
// by one panel. `c` has room for 32 columns.
struct solon_small_product {
  float *c;
  const void *a;
  const void *panel;
};

// C = A B for each of `count` products of one shape, to the same bits as above.
// `rows`: 1 to 12; rows of `a` are `a_row` words apart. A product of few rows
// waits for its own sums, so several are done at the same time.
void solon_small_products_float32(
    const struct solon_small_product *products, long count, long c_row, long a_row, long rows,
    long depth);

// The same for pairs; `depth` counts pairs. Rows lie `row` apart with steps of 1, or in
// blocks of columns: `row` is 1 and steps are of 12.
void solon_small_products_bfloat16(
    const struct solon_small_product *products, long count, long c_row, long a_row, long rows,
    long depth);

// Rounds `rows` rows of `width` numbers, `x_row` apart, to bfloat16, to nearest,
// ties to even, as pairs of neighbours in a row: `row` words a row, of which the
// first ⌈width/2⌉ are written. An odd last number is paired with zero.
void solon_round_rows(uint32_t *out, long row, const float *x, long x_row, long rows, long width);

// Rounds neighbours in a column into pairs, in blocks of `block_width` columns,
// `block` words apart: `[⌈width/block_width⌉, ⌈rows/2⌉, block_width]`, with zeros
// beyond the width and in an odd last row's pairs. `block_width` is 12 (then the
// blocks are the rows of a product's A, the transpose of x) or 32 (then they are
// the panels of its B, x itself).
void solon_round_columns(
    uint32_t *out, long block_width, long block, const float *x, long x_row, long rows,
    long width);

// Rearranges words into panels: word (o, p) of `x`, `x_row` apart, becomes
// column o of row p. `out`: `[⌈rows/32⌉, width, 32]`, with zeros beyond `rows`.
void solon_transpose_to_panels(
    uint32_t *out, const uint32_t *x, long x_row, long rows, long width);

// The same for numbers, rounded to pairs of neighbours in a row: row p of a panel
// holds the pairs (2 p, 2 p + 1) of its rows of `x`. `out`: `[⌈rows/32⌉,
// ⌈width/2⌉, 32]`; an odd last number is paired with zero.
void solon_round_to_panels(
    uint32_t *out, const float *x, long x_row, long rows, long width);

// Rounds one position's key and value of `width` numbers into a cache. Its key
// becomes a column of pairs, `key_row` words apart. Its value becomes one half of
// the pairs of row position / 2 of the panels of 32 columns that lie `value_panel`
// words apart; an even position clears the other half.
void solon_store_rounded(
    uint32_t *keys, long key_row, uint32_t *values, long value_panel, long position,
    const float *key, const float *value, long width);

// out = gate / (1 + e^-gate) * up, element by element. `out` may be `gate` or `up`.
void solon_swiglu(float *out, const float *gate, const float *up, long count);

// Its gradients by both, from that of its result. They may be in the memory of `gate`
// and `up`.
void solon_swiglu_backward(
    float *dgate, float *dup, const float *dout, const float *gate, const float *up,
    long count);

// Attention, a tile of up to 12 rows at a time. Scores are `[rows,
// columns]`, `row` numbers apart, of which row r counts the first `seen + r * step`;
// `columns` are whole panels.

// Weights e^(scaling (score - top)) with top the row's largest score, as pairs of
// neighbours in a row, `out_row` words apart; and each row's top and the sum of its
// weights before they are rounded.
void solon_weigh(
    uint32_t *out, long out_row, const float *scores, long row, long rows, long seen,
    long step, long columns, float scaling, float *tops, float *totals);

// The same, the weights not rounded and in the places of the scores.
void solon_weigh_float32(
    float *scores, long row, long rows, long seen, long step, long columns, float scaling,
    float *tops, float *totals);

// Where weights and their gradients go.
struct solon_weights {
  // Pairs of neighbours in a row, `row` words apart.
  uint32_t *gradient_rows;
  long row;
  // Pairs of neighbours in a column, in blocks of 12 columns, `block` words apart;
  // begun at the tile's first row.
  uint32_t *weight_columns, *gradient_columns;
  long block;
};

// Weights P = e^(scaling score - lse), and scaling P (dP - delta) from their
// gradients dP, laid out as the scores; row r counts the first `seen + r`.
void solon_weigh_backward(
    const struct solon_weights *w, const float *scores, const float *gradient, long row,
    long rows, long seen, long columns, float scaling, const float *lse,
    const float *delta);

// The same, not rounded: weights in the places of the scores, and their gradients' in
// those of `gradient`.
void solon_weigh_backward_float32(
    float *scores, float *gradient, long row, long rows, long seen, long columns,
    float scaling, const float *lse, const float *delta);

// What a thread does between looks at what another one is about to write.
void solon_spin_pause(void);

// Asks the processor to bring memory near; any address will do.
void solon_prefetch(const void *memory, long bytes);

// Copies words into panels in their own order: word (p, o) of `x`, `x_row` apart,
// becomes column o of row p. `out`: `[⌈width/32⌉, rows, 32]`, panels `block` words
// apart, with zeros beyond the width.
void solon_copy_to_panels(
    uint32_t *out, long block, const uint32_t *x, long x_row, long rows, long width);
