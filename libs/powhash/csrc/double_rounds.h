/* Two rounds of Salsa20 and of ChaCha20, rounds of columns and of diagonals (D. J. Bernstein: "The Salsa20 core", 2005;
 * "ChaCha, a variant of Salsa20", 2008). Salsa20's block is kept in the order of its diagonals: word i is word
 * 5 i mod 16 of the ordinary one. In that order a quarter of a round is one operation on a row, as it is with ChaCha20
 * in the ordinary order. Addition and XOR of blocks do not mind, so the order is left only when bytes are written. */
#ifndef POWHASH_DOUBLE_ROUNDS_H
#define POWHASH_DOUBLE_ROUNDS_H

#include "row.h"

/* Where word i of a block in the order of the diagonals stands in the ordinary one. */
ROW_INLINE size_t diagonal_word(size_t i) { return i * 5 % 16; }

/* A block in the order of the diagonals from its bytes. */
static inline void diagonals_of(const uint8_t bytes[64], struct row_block *block) {
    for (size_t i = 0; i < 4; i++) {
        uint32_t w[4];
        for (size_t k = 0; k < 4; k++) w[k] = load32_le(bytes + 4 * diagonal_word(4 * i + k));
        block->rows[i] = row_of(w[0], w[1], w[2], w[3]);
    }
}

/* The reverse of it. */
static inline void write_diagonals(const struct row_block *block, uint8_t bytes[64]) {
    for (size_t i = 0; i < 4; i++) {
        uint32_t w[4];
        row_words(block->rows[i], w);
        for (size_t k = 0; k < 4; k++) store32_le(bytes + 4 * diagonal_word(4 * i + k), w[k]);
    }
}

ROW_INLINE void salsa20_round(row *a, row *b, row *c, row *d) {
    *b = row_xor(*b, row_rotate(row_add(*a, *d), 7));
    *c = row_xor(*c, row_rotate(row_add(*b, *a), 9));
    *d = row_xor(*d, row_rotate(row_add(*c, *b), 13));
    *a = row_xor(*a, row_rotate(row_add(*d, *c), 18));
}

ROW_INLINE void salsa20_double_round(struct row_block *x) {
    row *r = x->rows;
    salsa20_round(&r[0], &r[1], &r[2], &r[3]);
    row from_d = row_turn(r[3], 1), from_c = row_turn(r[2], 2), from_b = row_turn(r[1], 3);
    salsa20_round(&r[0], &from_d, &from_c, &from_b);
    r[1] = row_turn(from_b, 1);
    r[2] = row_turn(from_c, 2);
    r[3] = row_turn(from_d, 3);
}

ROW_INLINE void chacha20_round(row *a, row *b, row *c, row *d) {
    *a = row_add(*a, *b);
    *d = row_rotate(row_xor(*d, *a), 16);
    *c = row_add(*c, *d);
    *b = row_rotate(row_xor(*b, *c), 12);
    *a = row_add(*a, *b);
    *d = row_rotate(row_xor(*d, *a), 8);
    *c = row_add(*c, *d);
    *b = row_rotate(row_xor(*b, *c), 7);
}

ROW_INLINE void chacha20_double_round(struct row_block *x) {
    row *r = x->rows;
    chacha20_round(&r[0], &r[1], &r[2], &r[3]);
    row b = row_turn(r[1], 1), c = row_turn(r[2], 2), d = row_turn(r[3], 3);
    chacha20_round(&r[0], &b, &c, &d);
    r[1] = row_turn(b, 3);
    r[2] = row_turn(c, 2);
    r[3] = row_turn(d, 1);
}

#endif
