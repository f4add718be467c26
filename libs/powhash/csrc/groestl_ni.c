/* Groestl's permutations with the AES instructions of x86-64. The state is kept in rows, so that each of eight vectors
 * is a row of Groestl-512's 16 columns; Groestl-256 runs P and Q at once, P's row of 8 columns in the low half of the
 * vector and Q's in the high one. AESENCLAST is SubBytes on all sixteen bytes; the ShiftRows it does as well is undone
 * beforehand by the byte shuffle that does ShiftBytes. */
#include "groestl.h"

#ifdef POWHASH_AES_NI
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("aes,sse4.1")))

enum { ROWS = 8 };

struct permutation {
    int rounds;
    uint8_t shuffle[ROWS][16]; /* ShiftBytes of each row, and ShiftRows undone */
    uint8_t first[16], middle[16], last[16]; /* added to row 0, to rows 1 to 6, to row 7 */
    uint8_t first_round[16], last_round[16]; /* 1 where the round's number is added to it */
};

/* Position of the byte that ShiftRows brings to each place, when place j is to have byte (j + shift) mod 16. */
#define FROM(k, s) ((4 * (((k) / 4 - (k) % 4) & 3) + (k) % 4 + (s)) & 15)
#define SHIFT_WIDE(s)                                                                                       \
    {                                                                                                       \
        FROM(0, s), FROM(1, s), FROM(2, s), FROM(3, s), FROM(4, s), FROM(5, s), FROM(6, s), FROM(7, s),     \
            FROM(8, s), FROM(9, s), FROM(10, s), FROM(11, s), FROM(12, s), FROM(13, s), FROM(14, s),        \
            FROM(15, s)                                                                                     \
    }
/* The same with the low half turned by p and the high half by q, modulo 8. */
#define HALF(k, p, q) (FROM(k, 0) < 8 ? (FROM(k, 0) + (p)) & 7 : 8 + ((FROM(k, 0) + (q)) & 7))
#define SHIFT_HALVES(p, q)                                                                                  \
    {                                                                                                       \
        HALF(0, p, q), HALF(1, p, q), HALF(2, p, q), HALF(3, p, q), HALF(4, p, q), HALF(5, p, q),           \
            HALF(6, p, q), HALF(7, p, q), HALF(8, p, q), HALF(9, p, q), HALF(10, p, q), HALF(11, p, q),     \
            HALF(12, p, q), HALF(13, p, q), HALF(14, p, q), HALF(15, p, q)                                  \
    }

#define COLUMNS_LOW 0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70
#define COLUMNS_HIGH 0x80, 0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0
#define FLIPPED_LOW 0xff, 0xef, 0xdf, 0xcf, 0xbf, 0xaf, 0x9f, 0x8f
#define FLIPPED_HIGH 0x7f, 0x6f, 0x5f, 0x4f, 0x3f, 0x2f, 0x1f, 0x0f
#define EIGHT(x) x, x, x, x, x, x, x, x

static const struct permutation wide_p = {
    14,
    {SHIFT_WIDE(0), SHIFT_WIDE(1), SHIFT_WIDE(2), SHIFT_WIDE(3), SHIFT_WIDE(4), SHIFT_WIDE(5), SHIFT_WIDE(6),
     SHIFT_WIDE(11)},
    {COLUMNS_LOW, COLUMNS_HIGH}, {0}, {0}, {EIGHT(1), EIGHT(1)}, {0},
};
static const struct permutation wide_q = {
    14,
    {SHIFT_WIDE(1), SHIFT_WIDE(3), SHIFT_WIDE(5), SHIFT_WIDE(11), SHIFT_WIDE(0), SHIFT_WIDE(2), SHIFT_WIDE(4),
     SHIFT_WIDE(6)},
    {EIGHT(0xff), EIGHT(0xff)}, {EIGHT(0xff), EIGHT(0xff)}, {FLIPPED_LOW, FLIPPED_HIGH}, {0}, {EIGHT(1), EIGHT(1)},
};
static const struct permutation narrow = {
    10,
    {SHIFT_HALVES(0, 1), SHIFT_HALVES(1, 3), SHIFT_HALVES(2, 5), SHIFT_HALVES(3, 7), SHIFT_HALVES(4, 0),
     SHIFT_HALVES(5, 2), SHIFT_HALVES(6, 4), SHIFT_HALVES(7, 6)},
    {COLUMNS_LOW, EIGHT(0xff)}, {EIGHT(0), EIGHT(0xff)}, {EIGHT(0), FLIPPED_LOW},
    {EIGHT(1), EIGHT(0)}, {EIGHT(0), EIGHT(1)},
};

TARGET static inline __m128i load(const uint8_t *in) { return _mm_loadu_si128((const __m128i *)(const void *)in); }
TARGET static inline void store(uint8_t *out, __m128i x) { _mm_storeu_si128((__m128i *)(void *)out, x); }
TARGET static inline __m128i add(__m128i a, __m128i b) { return _mm_xor_si128(a, b); }

/* Twice each byte, in the field of the AES. */
TARGET static inline __m128i doubled(__m128i x) {
    const __m128i overflow = _mm_cmpgt_epi8(_mm_setzero_si128(), x);
    return add(_mm_add_epi8(x, x), _mm_and_si128(overflow, _mm_set1_epi8(0x1b)));
}

/* The circulant (2, 2, 3, 4, 5, 3, 5, 7), its coefficients' bits 4, 2 and 1 taken apart: row i becomes
 * 4 (a3 + a4 + a6 + a7) + 2 (a7 + a0 + a1 + a2 + a5) + (a4 + a5 + a6 + a7 + a2), indices from i on, modulo 8. */
TARGET static inline void mix_bytes(__m128i a[ROWS]) {
    __m128i pair[ROWS], five[ROWS], four[ROWS];
    for (int i = 0; i < ROWS; i++) pair[i] = add(a[i], a[(i + 1) & 7]);
    for (int i = 0; i < ROWS; i++) {
        five[i] = add(add(pair[i], pair[(i + 2) & 7]), a[(i + 6) & 7]);
        four[i] = add(pair[i], pair[(i + 3) & 7]);
    }
    for (int i = 0; i < ROWS; i++) {
        const __m128i half = add(doubled(four[(i + 3) & 7]), five[(i + 7) & 7]);
        a[i] = add(doubled(half), five[(i + 4) & 7]);
    }
}

TARGET static void permute(__m128i a[ROWS], const struct permutation *permutation) {
    const __m128i middle = load(permutation->middle);
    const __m128i first_step = load(permutation->first_round), last_step = load(permutation->last_round);
    __m128i first = load(permutation->first), last = load(permutation->last);
    const __m128i first_start = first, last_start = last;
    __m128i first_round = _mm_setzero_si128(), last_round = _mm_setzero_si128();
    for (int round = 0; round < permutation->rounds; round++) {
        a[0] = add(a[0], first);
        for (int i = 1; i < ROWS - 1; i++) a[i] = add(a[i], middle);
        a[7] = add(a[7], last);
        for (int i = 0; i < ROWS; i++) {
            const __m128i shifted = _mm_shuffle_epi8(a[i], load(permutation->shuffle[i]));
            a[i] = _mm_aesenclast_si128(shifted, _mm_setzero_si128());
        }
        mix_bytes(a);
        first_round = _mm_add_epi8(first_round, first_step);
        last_round = _mm_add_epi8(last_round, last_step);
        first = add(first_start, first_round);
        last = add(last_start, last_round);
    }
}

/* One step of a transposition: one bit of the number of a vector becomes the lowest bit of the place in it, and the
 * place's top bit takes its turn in the number. */
TARGET static inline void interleave(__m128i *x, int count, int bit) {
    for (int i = 0; i < count; i++) {
        if (i & bit) continue;
        const __m128i low = _mm_unpacklo_epi8(x[i], x[i | bit]), high = _mm_unpackhi_epi8(x[i], x[i | bit]);
        x[i] = low;
        x[i | bit] = high;
    }
}

/* The rows of 16 columns, of 8 bytes each. */
TARGET static inline void load_wide(__m128i rows[ROWS], const uint8_t *block) {
    __m128i x[8];
    for (int i = 0; i < 8; i++) x[i] = load(block + 16 * i);
    interleave(x, 8, 4);
    interleave(x, 8, 2);
    interleave(x, 8, 1);
    interleave(x, 8, 4);
    for (int row = 0; row < ROWS; row++) rows[row] = x[(row & 1) << 2 | (row & 4) >> 1 | (row & 2) >> 1];
}

/* The rows of 8 columns, each in both halves of its vector. */
TARGET static inline void load_narrow(__m128i rows[ROWS], const uint8_t *block) {
    __m128i x[4];
    for (int i = 0; i < 4; i++) x[i] = load(block + 16 * i);
    interleave(x, 4, 2);
    interleave(x, 4, 1);
    interleave(x, 4, 2);
    for (int row = 0; row < ROWS; row += 2) {
        const __m128i pair = x[(row & 2) | (row & 4) >> 2];
        rows[row] = _mm_unpacklo_epi64(pair, pair);
        rows[row + 1] = _mm_unpackhi_epi64(pair, pair);
    }
}

/* The chaining value is eight vectors, the rows. It starts as the size of the digest in bits in the last column. */
static void start_wide(uint8_t chain[GROESTL_MAX_STATE]) { chain[16 * 6 + 15] = 512 >> 8; }
static void start_narrow(uint8_t chain[GROESTL_MAX_STATE]) { chain[16 * 6 + 7] = 256 >> 8; }

TARGET static void absorb_wide(uint8_t chain[GROESTL_MAX_STATE], const uint8_t *blocks, size_t count) {
    __m128i p[ROWS], q[ROWS];
    for (size_t block = 0; block < count; block++) {
        load_wide(q, blocks + 128 * block);
        for (int i = 0; i < ROWS; i++) p[i] = add(q[i], load(chain + 16 * i));
        permute(p, &wide_p);
        permute(q, &wide_q);
        for (int i = 0; i < ROWS; i++) store(chain + 16 * i, add(load(chain + 16 * i), add(p[i], q[i])));
    }
}

TARGET static void absorb_narrow(uint8_t chain[GROESTL_MAX_STATE], const uint8_t *blocks, size_t count) {
    __m128i pq[ROWS];
    for (size_t block = 0; block < count; block++) {
        load_narrow(pq, blocks + 64 * block);
        for (int i = 0; i < ROWS; i++) pq[i] = add(pq[i], load(chain + 16 * i));
        permute(pq, &narrow);
        for (int i = 0; i < ROWS; i++) {
            const __m128i sum = _mm_move_epi64(add(pq[i], _mm_srli_si128(pq[i], 8)));
            store(chain + 16 * i, add(load(chain + 16 * i), sum));
        }
    }
}

/* The second half of the columns of P(h) ^ h. */
TARGET static inline void finish(const uint8_t *chain, uint8_t *out, int columns,
                                 const struct permutation *permutation) {
    uint8_t rows[ROWS][16];
    __m128i p[ROWS];
    for (int i = 0; i < ROWS; i++) p[i] = load(chain + 16 * i);
    permute(p, permutation);
    for (int i = 0; i < ROWS; i++) store(rows[i], add(p[i], load(chain + 16 * i)));
    for (int j = 0; j < columns / 2; j++)
        for (int i = 0; i < ROWS; i++) out[8 * j + i] = rows[i][columns / 2 + j];
}

TARGET static void finish_wide(const uint8_t chain[GROESTL_MAX_STATE], uint8_t *out) {
    finish(chain, out, 16, &wide_p);
}

TARGET static void finish_narrow(const uint8_t chain[GROESTL_MAX_STATE], uint8_t *out) {
    finish(chain, out, 8, &narrow);
}

const struct groestl powhash_groestl512_ni = {128, start_wide, absorb_wide, finish_wide};
const struct groestl powhash_groestl256_ni = {64, start_narrow, absorb_narrow, finish_narrow};
#endif
