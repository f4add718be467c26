/* What yescrypt 0.5 and yespower 1.0 do with memory in the same way. To be included behind the definitions of
 *   struct pwx_tables                                                            the tables and what goes with them,
 *   static inline struct row_block pwx_mixed(struct row_block, struct pwx_tables *)          the mixing of a block,
 *   PWX_SALSA20_ROUNDS                                                            the rounds of the other mixing.
 * The words of the blocks are in the order of Salsa20's diagonals. */

#include "double_rounds.h"

/* A row of blocks, which a mixing takes from one place to another. `other`, if there is one, is added on the way, and
 * becomes the sum if it `is_written`. */
struct pwx_step {
    const struct row_block *from;
    struct row_block *other;
    struct row_block *to;
    int is_written;
};

ROW_INLINE struct row_block pwx_block(const struct pwx_step *step, size_t i) {
    return step->other == NULL ? step->from[i] : row_block_xor(step->from[i], step->other[i]);
}

static struct row_block pwx_salsa20(struct row_block x) {
    struct row_block mixed = x;
    for (int rounds = 0; rounds < PWX_SALSA20_ROUNDS; rounds += 2) salsa20_double_round(&mixed);
    return row_block_add(x, mixed);
}

/* scrypt's BlockMix with r = 1. */
static void pwx_mix_by_salsa20(const struct pwx_step *step) {
    struct row_block x = row_block_xor(pwx_block(step, 1), pwx_block(step, 0));
    step->to[0] = pwx_salsa20(x);
    step->to[1] = pwx_salsa20(row_block_xor(step->to[0], pwx_block(step, 1)));
}

ROW_INLINE void pwx_mix(const struct pwx_step *step, size_t blocks, struct pwx_tables *tables) {
    struct row_block x = pwx_block(step, blocks - 1);
    for (size_t i = 0; i < blocks; i++) {
        struct row_block block = pwx_block(step, i);
        if (step->is_written) step->other[i] = block;
        x = pwx_mixed(row_block_xor(x, block), tables);
        step->to[i] = x;
    }
    step->to[blocks - 1] = pwx_salsa20(x);
}

/* The first word of a row's last block. */
static uint32_t pwx_last_word(const struct row_block *row_of_blocks, size_t blocks) {
    uint32_t words[4];
    row_words(row_of_blocks[blocks - 1].rows[0], words);
    return words[0];
}

/* One of the latest rows before row i: of as many as the greatest power of two up to i. */
static size_t pwx_earlier_row(uint32_t word, uint32_t i) {
    uint32_t span = i;
    while ((span & (span - 1)) != 0) span &= span - 1;
    return (word & (span - 1)) + (i - span);
}

/* Fills memory with n rows, the first of them b, and leaves in b the one that would follow. Tables, when there are none
 * yet, are what is being filled: rows of two blocks. */
static void pwx_fill(struct row_block *b, struct row_block *memory, uint32_t n, size_t blocks,
                     struct pwx_tables *tables) {
    memcpy(memory, b, blocks * sizeof *memory);
    for (uint32_t i = 0; i < n; i++) {
        struct row_block *now = memory + i * blocks;
        struct pwx_step step = {now, NULL, i + 1 < n ? now + blocks : b, 0};
        if (i > 1) step.other = memory + pwx_earlier_row(pwx_last_word(now, blocks), i) * blocks;
        if (tables == NULL) {
            pwx_mix_by_salsa20(&step);
        } else {
            pwx_mix(&step, blocks, tables);
        }
    }
}

/* Mixes b, the first of two rows, with the row of memory that it names, an even number of times; if asked, each such
 * row becomes the sum. */
ROW_INLINE void pwx_wander(struct row_block *b, struct row_block *memory, uint32_t n, size_t blocks,
                           struct pwx_tables *tables, uint32_t times, int is_writing) {
    for (uint32_t i = 0; i < times; i++) {
        struct row_block *from = b + (i % 2) * blocks, *to = b + (1 - i % 2) * blocks;
        struct row_block *named = memory + (pwx_last_word(from, blocks) & (n - 1)) * blocks;
        struct pwx_step step = {from, named, to, is_writing};
        pwx_mix(&step, blocks, tables);
    }
}
