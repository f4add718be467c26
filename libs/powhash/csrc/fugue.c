/* Fugue's nonlinear step SMIX from tables, and the choice of its version.
 *
 * SMIX takes four words as the columns of a matrix U of 4 x 4 bytes, the highest bytes its first row: SubBytes of the
 * AES, then M U + D transposed(M), where D is the diagonal matrix of the sums of U's rows without their diagonal
 * bytes, then row r turns left by r. */
#include "fugue.h"

#include <pthread.h>

#include "bytes.h"

/* Column k of the matrix M times what the S-box makes of a byte. */
static uint32_t columns[4][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static uint8_t doubled(uint8_t a) { return (uint8_t)((a << 1) ^ ((a >> 7) * 0x1b)); }

/* M is circulant with the first row 1 4 7 1, in the field of the AES, so its first column is 1 1 7 4. */
static void make_columns(void) {
    const uint8_t *sbox = powhash_aes_tables()->sbox;
    for (int x = 0; x < 256; x++) {
        const uint8_t s = sbox[x], s2 = doubled(s), s4 = doubled(s2), s7 = s ^ s2 ^ s4;
        const uint32_t first = (uint32_t)s << 24 | (uint32_t)s << 16 | (uint32_t)s7 << 8 | s4;
        for (unsigned column = 0; column < 4; column++) columns[column][x] = rotr32(first, 8 * column);
    }
}

/* The four rows' bytes of four words, as one word. */
static inline uint32_t joined(uint32_t row0, uint32_t row1, uint32_t row2, uint32_t row3) {
    return (row0 & 0xff000000) | (row1 & 0xff0000) | (row2 & 0xff00) | (row3 & 0xff);
}

static inline uint32_t part(unsigned row, uint32_t word) { return columns[row][(word >> (24 - 8 * row)) & 255]; }

static void mix(struct fugue_state *s) {
    const uint32_t a = *fugue_at(s, 0), b = *fugue_at(s, 1), c = *fugue_at(s, 2), d = *fugue_at(s, 3);
    const uint32_t a1 = part(1, a), a2 = part(2, a), a3 = part(3, a), b0 = part(0, b), b2 = part(2, b);
    const uint32_t b3 = part(3, b), c0 = part(0, c), c1 = part(1, c), c3 = part(3, c);
    const uint32_t d0 = part(0, d), d1 = part(1, d), d2 = part(2, d);
    /* The columns of the first product, and the rows of the second one with the first column highest. */
    const uint32_t ca = part(0, a) ^ a1 ^ a2 ^ a3, cb = b0 ^ part(1, b) ^ b2 ^ b3;
    const uint32_t cc = c0 ^ c1 ^ part(2, c) ^ c3, cd = d0 ^ d1 ^ d2 ^ part(3, d);
    const uint32_t r0 = b0 ^ c0 ^ d0, r1 = a1 ^ c1 ^ d1, r2 = a2 ^ b2 ^ d2, r3 = a3 ^ b3 ^ c3;
    *fugue_at(s, 0) = joined(ca ^ r0, cb ^ r1, cc ^ r2, cd ^ r3);
    *fugue_at(s, 1) = joined(cb ^ r0 << 8, cc ^ r1 << 8, cd ^ r2 << 8, ca ^ r3 >> 24);
    *fugue_at(s, 2) = joined(cc ^ r0 << 16, cd ^ r1 << 16, ca ^ r2 >> 16, cb ^ r3 >> 16);
    *fugue_at(s, 3) = joined(cd ^ r0 << 24, ca ^ r1 >> 8, cb ^ r2 >> 8, cc ^ r3 >> 8);
}

static void turn_and_mix(struct fugue_state *s, int times) {
    for (; times > 0; times--) {
        fugue_turn(s, 3);
        for (unsigned i = 0; i < 3; i++) {
            *fugue_at(s, i) ^= *fugue_at(s, 4 + i);
            *fugue_at(s, s->size / 2 + i) ^= *fugue_at(s, 4 + i);
        }
        mix(s);
    }
}

static const struct powhash_fugue from_tables = {mix, turn_and_mix};

const struct powhash_fugue *powhash_fugue_version(void) {
#ifdef POWHASH_AES_NI
    if (has_aes_ni()) return &powhash_fugue_ni;
#endif
    (void)pthread_once(&made, make_columns);
    return &from_tables;
}
