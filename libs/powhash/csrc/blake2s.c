/* BLAKE2s with a digest of 32 bytes, without salt and personalization (RFC 7693). */
#include "blake2s.h"

#include "bytes.h"
#include "digests.h"

enum { BLOCK_BYTES = 64, KEY_BYTES = 32, DIGEST_BYTES = 32, ROUNDS = 10 };

static const uint32_t INITIAL_STATE[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint8_t ORDER[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static inline void mix(uint32_t v[16], int a, int b, int c, int d, uint32_t x, uint32_t y) {
    v[a] += v[b] + x;
    v[d] = rotr32(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotr32(v[b] ^ v[c], 12);
    v[a] += v[b] + y;
    v[d] = rotr32(v[d] ^ v[a], 8);
    v[c] += v[d];
    v[b] = rotr32(v[b] ^ v[c], 7);
}

static inline void one_round(uint32_t v[16], const uint32_t m[16], const uint8_t order[16]) {
    mix(v, 0, 4, 8, 12, m[order[0]], m[order[1]]);
    mix(v, 1, 5, 9, 13, m[order[2]], m[order[3]]);
    mix(v, 2, 6, 10, 14, m[order[4]], m[order[5]]);
    mix(v, 3, 7, 11, 15, m[order[6]], m[order[7]]);
    mix(v, 0, 5, 10, 15, m[order[8]], m[order[9]]);
    mix(v, 1, 6, 11, 12, m[order[10]], m[order[11]]);
    mix(v, 2, 7, 8, 13, m[order[12]], m[order[13]]);
    mix(v, 3, 4, 9, 14, m[order[14]], m[order[15]]);
}

static void take_block(uint32_t state[8], const uint8_t block[BLOCK_BYTES], uint64_t bytes_so_far, int is_last) {
    uint32_t m[16], v[16];
    for (size_t i = 0; i < 16; i++) m[i] = load32_le(block + 4 * i);
    memcpy(v, state, 8 * sizeof *v);
    memcpy(v + 8, INITIAL_STATE, sizeof INITIAL_STATE);
    v[12] ^= (uint32_t)bytes_so_far;
    v[13] ^= (uint32_t)(bytes_so_far >> 32);
    if (is_last) v[14] = ~v[14];
    for (size_t round = 0; round < ROUNDS; round++) one_round(v, m, ORDER[round]);
    for (size_t i = 0; i < 8; i++) state[i] ^= v[i] ^ v[i + 8];
}

/* The parameter block: the digest's size, the key's, no tree. */
static void begin(uint32_t state[8], uint32_t key_bytes) {
    memcpy(state, INITIAL_STATE, sizeof INITIAL_STATE);
    state[0] ^= UINT32_C(0x01010000) ^ (key_bytes << 8) ^ DIGEST_BYTES;
}

static void end(const uint32_t state[8], uint8_t *out) {
    for (size_t i = 0; i < 8; i++) store32_le(out + 4 * i, state[i]);
}

void powhash_blake2s(const uint8_t *in, size_t length, uint8_t *out) {
    uint32_t state[8];
    uint8_t last[BLOCK_BYTES] = {0};
    size_t done = 0;
    begin(state, 0);
    for (; length - done > BLOCK_BYTES; done += BLOCK_BYTES) take_block(state, in + done, done + BLOCK_BYTES, 0);
    if (length > done) memcpy(last, in + done, length - done);
    take_block(state, last, length, 1);
    end(state, out);
}

void powhash_blake2s_keyed(const uint8_t message[64], const uint8_t key[32], uint8_t out[32]) {
    uint32_t state[8];
    uint8_t key_block[BLOCK_BYTES] = {0};
    begin(state, KEY_BYTES);
    memcpy(key_block, key, KEY_BYTES);
    take_block(state, key_block, BLOCK_BYTES, 0);
    take_block(state, message, BLOCK_BYTES + 64, 1);
    end(state, out);
}
