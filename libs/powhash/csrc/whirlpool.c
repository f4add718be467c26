/* Whirlpool (Barreto and Rijmen, "The Whirlpool Hashing Function", final version of 2003, ISO/IEC 10118-3): Miyaguchi
 * and Preneel's mode of a block cipher of 8 x 8 bytes. Words hold rows, the first byte lowest. */
#include <pthread.h>

#include "bytes.h"
#include "digests.h"

enum { BLOCK = 64, ROUNDS = 10 };

static uint64_t rows[8][256]; /* what the S-box's byte of column 0 to 7 adds to its row: MixRows */
static uint64_t round_constants[ROUNDS];
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* The S-box from the specification's small box E, its inverse and the pseudorandom box R. */
static uint8_t substituted(int x) {
    static const uint8_t e[16] = {0x1, 0xb, 0x9, 0xc, 0xd, 0x6, 0xf, 0x3, 0xe, 0x8, 0x7, 0x4, 0xa, 0x2, 0x5, 0x0};
    static const uint8_t r[16] = {0x7, 0xc, 0xb, 0xd, 0xe, 0x4, 0x9, 0xf, 0x6, 0x3, 0x8, 0xa, 0x2, 0x5, 0x1, 0x0};
    uint8_t e_inverse[16];
    for (uint8_t i = 0; i < 16; i++) e_inverse[e[i]] = i;
    const uint8_t high = e[x >> 4], low = e_inverse[x & 15], mixed = r[high ^ low];
    return (uint8_t)(e[high ^ mixed] << 4 | e_inverse[low ^ mixed]);
}

/* Product in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
static uint8_t product(uint8_t a, uint8_t b) {
    uint8_t sum = 0;
    for (; b != 0; b >>= 1) {
        if (b & 1) sum ^= a;
        a = (uint8_t)((a << 1) ^ ((a >> 7) * 0x1d));
    }
    return sum;
}

static void make_tables(void) {
    static const uint8_t matrix[8] = {1, 1, 4, 1, 8, 5, 2, 9}; /* the first row of a circulant matrix */
    for (int x = 0; x < 256; x++) {
        const uint8_t s = substituted(x);
        uint64_t row = 0;
        for (unsigned column = 0; column < 8; column++) row |= (uint64_t)product(s, matrix[column]) << (8 * column);
        for (unsigned column = 0; column < 8; column++) rows[column][x] = rotl64(row, 8 * column);
    }
    for (int i = 0; i < 8 * ROUNDS; i++) round_constants[i / 8] |= (uint64_t)substituted(i) << (8 * (i % 8));
}

/* SubBytes, ShiftColumns and MixRows: byte c of row r comes from row r - c. */
static inline void mix(uint64_t out[8], const uint64_t in[8]) {
    for (unsigned r = 0; r < 8; r++) {
        uint64_t row = 0;
        for (unsigned c = 0; c < 8; c++) row ^= rows[c][(in[(r - c) & 7] >> (8 * c)) & 255];
        out[r] = row;
    }
}

static void compress(uint64_t chain[8], const uint8_t *block) {
    uint64_t key[8], next_key[8], state[8], mixed[8], message[8];
    for (int i = 0; i < 8; i++) {
        message[i] = load64_le(block + 8 * i);
        key[i] = chain[i];
        state[i] = message[i] ^ key[i];
    }
    for (int round = 0; round < ROUNDS; round++) {
        mix(next_key, key);
        next_key[0] ^= round_constants[round];
        mix(mixed, state);
        for (int i = 0; i < 8; i++) {
            key[i] = next_key[i];
            state[i] = mixed[i] ^ key[i];
        }
    }
    for (int i = 0; i < 8; i++) chain[i] ^= state[i] ^ message[i];
}

void powhash_whirlpool(const uint8_t *in, size_t length, uint8_t *out) {
    (void)pthread_once(&made, make_tables);
    uint64_t chain[8] = {0};
    const uint64_t bits = (uint64_t)length * 8;
    for (; length >= BLOCK; length -= BLOCK, in += BLOCK) compress(chain, in);
    uint8_t tail[2 * BLOCK] = {0};
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x80;
    const size_t padded = length < 32 ? BLOCK : 2 * BLOCK; /* the length takes 256 bits */
    store64_be(tail + padded - 8, bits);
    for (size_t at = 0; at < padded; at += BLOCK) compress(chain, tail + at);
    for (int i = 0; i < 8; i++) store64_le(out + 8 * i, chain[i]);
}
