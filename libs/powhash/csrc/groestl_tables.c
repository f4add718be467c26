/* Groestl's permutations by tables. The state is kept in columns, a 64-bit word each, row 0 in the highest byte: 16
 * columns and 14 rounds for Groestl-512, 8 columns and 10 rounds for Groestl-256. */
#include <pthread.h>

#include "bytes.h"
#include "groestl.h"

/* table[i][x]: what byte x of row i gives to its column after SubBytes and MixBytes. */
static uint64_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

/* x times 2 in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t twice(uint8_t x) { return (uint8_t)((x << 1) ^ (x & 0x80 ? 0x1b : 0)); }

/* MixBytes is the circulant (2, 2, 3, 4, 5, 3, 5, 7): this is its first column, and each next one is a byte lower. */
static void make_table(void) {
    const struct powhash_aes *aes = powhash_aes_tables();
    for (int x = 0; x < 256; x++) {
        uint64_t s1 = aes->sbox[x], s2 = twice((uint8_t)s1), s4 = twice((uint8_t)s2);
        uint64_t s3 = s2 ^ s1, s5 = s4 ^ s1, s7 = s4 ^ s3;
        uint64_t column = s2 << 56 | s7 << 48 | s5 << 40 | s3 << 32 | s5 << 24 | s4 << 16 | s3 << 8 | s2;
        for (unsigned row = 0; row < 8; row++) table[row][x] = rotr64(column, 8 * row);
    }
}

/* Column j of `n` after ShiftBytes, which turns row i left by its s, SubBytes and MixBytes. */
#define BYTE(a, j, n, row, s) table[row][(uint8_t)(a[((j) + (s)) & ((n) - 1)] >> (56 - 8 * (row)))]
#define MIXED(a, j, n, s0, s1, s2, s3, s4, s5, s6, s7)                                                \
    (BYTE(a, j, n, 0, s0) ^ BYTE(a, j, n, 1, s1) ^ BYTE(a, j, n, 2, s2) ^ BYTE(a, j, n, 3, s3) ^      \
     BYTE(a, j, n, 4, s4) ^ BYTE(a, j, n, 5, s5) ^ BYTE(a, j, n, 6, s6) ^ BYTE(a, j, n, 7, s7))

/* Eight columns from j on, written out so that every index and shift is a constant. */
#define MIX_EIGHT(a, b, j, n, ...)                 \
    do {                                           \
        a[j] = MIXED(b, j, n, __VA_ARGS__);        \
        a[j + 1] = MIXED(b, j + 1, n, __VA_ARGS__);\
        a[j + 2] = MIXED(b, j + 2, n, __VA_ARGS__);\
        a[j + 3] = MIXED(b, j + 3, n, __VA_ARGS__);\
        a[j + 4] = MIXED(b, j + 4, n, __VA_ARGS__);\
        a[j + 5] = MIXED(b, j + 5, n, __VA_ARGS__);\
        a[j + 6] = MIXED(b, j + 6, n, __VA_ARGS__);\
        a[j + 7] = MIXED(b, j + 7, n, __VA_ARGS__);\
    } while (0)

/* Permutation P adds its constants to row 0, Q to row 7 of the complement. */
#define PERMUTE_P(a, n, rounds, ...)                                                  \
    for (uint64_t round = 0; round < (rounds); round++) {                             \
        uint64_t b[n];                                                                \
        for (uint64_t j = 0; j < (n); j++) b[j] = a[j] ^ ((j << 4) ^ round) << 56;    \
        MIX_EIGHT(a, b, 0, n, __VA_ARGS__);                                           \
        if ((n) > 8) MIX_EIGHT(a, b, (n) - 8, n, __VA_ARGS__);                        \
    }
#define PERMUTE_Q(a, n, rounds, ...)                                                  \
    for (uint64_t round = 0; round < (rounds); round++) {                             \
        uint64_t b[n];                                                                \
        for (uint64_t j = 0; j < (n); j++) b[j] = ~a[j] ^ ((j << 4) ^ round);         \
        MIX_EIGHT(a, b, 0, n, __VA_ARGS__);                                           \
        if ((n) > 8) MIX_EIGHT(a, b, (n) - 8, n, __VA_ARGS__);                        \
    }

static void wide_p(uint64_t a[16]) { PERMUTE_P(a, 16, 14, 0, 1, 2, 3, 4, 5, 6, 11) }
static void wide_q(uint64_t a[16]) { PERMUTE_Q(a, 16, 14, 1, 3, 5, 11, 0, 2, 4, 6) }
static void narrow_p(uint64_t a[8]) { PERMUTE_P(a, 8, 10, 0, 1, 2, 3, 4, 5, 6, 7) }
static void narrow_q(uint64_t a[8]) { PERMUTE_Q(a, 8, 10, 1, 3, 5, 7, 0, 2, 4, 6) }

/* The starting value: the size of the digest in bits, in the last column. */
static void start_wide(uint8_t chain[GROESTL_MAX_STATE]) {
    const uint64_t bits = 512;
    pthread_once(&table_once, make_table);
    memcpy(chain + 8 * 15, &bits, sizeof bits);
}

static void start_narrow(uint8_t chain[GROESTL_MAX_STATE]) {
    const uint64_t bits = 256;
    pthread_once(&table_once, make_table);
    memcpy(chain + 8 * 7, &bits, sizeof bits);
}

static inline void absorb(uint8_t *chain, const uint8_t *block, int columns, void (*permute_p)(uint64_t *),
                          void (*permute_q)(uint64_t *)) {
    uint64_t h[16], p[16], q[16];
    memcpy(h, chain, 8 * (size_t)columns);
    for (int j = 0; j < columns; j++) {
        q[j] = load64_be(block + 8 * j);
        p[j] = q[j] ^ h[j];
    }
    permute_p(p);
    permute_q(q);
    for (int j = 0; j < columns; j++) h[j] ^= p[j] ^ q[j];
    memcpy(chain, h, 8 * (size_t)columns);
}

/* The digest is the second half of P(h) ^ h. */
static inline void finish(const uint8_t *chain, uint8_t *out, int columns, void (*permute_p)(uint64_t *)) {
    uint64_t h[16], p[16];
    memcpy(h, chain, 8 * (size_t)columns);
    memcpy(p, chain, 8 * (size_t)columns);
    permute_p(p);
    for (int j = 0; j < columns / 2; j++) store64_be(out + 8 * j, h[columns / 2 + j] ^ p[columns / 2 + j]);
}

static void absorb_wide(uint8_t chain[GROESTL_MAX_STATE], const uint8_t *blocks, size_t count) {
    for (size_t i = 0; i < count; i++) absorb(chain, blocks + 128 * i, 16, wide_p, wide_q);
}

static void absorb_narrow(uint8_t chain[GROESTL_MAX_STATE], const uint8_t *blocks, size_t count) {
    for (size_t i = 0; i < count; i++) absorb(chain, blocks + 64 * i, 8, narrow_p, narrow_q);
}

static void finish_wide(const uint8_t chain[GROESTL_MAX_STATE], uint8_t *out) { finish(chain, out, 16, wide_p); }

static void finish_narrow(const uint8_t chain[GROESTL_MAX_STATE], uint8_t *out) { finish(chain, out, 8, narrow_p); }

const struct groestl powhash_groestl512_tables = {128, start_wide, absorb_wide, finish_wide};
const struct groestl powhash_groestl256_tables = {64, start_narrow, absorb_narrow, finish_narrow};
