/* SIMD-512 (Leurent, Bouillaguet and Fouque, "SIMD Is a Message Digest", version 1.1 of 2009): four words in each of
 * eight lanes go through 32 steps keyed by the block and four keyed by the chaining value. */
#include "simd512.h"

#include <pthread.h>

#include "bytes.h"
#include "digests.h"

/* Lane j of a step takes from lane j ^ lane_masks[step % 7]. */
static const uint8_t lane_masks[7] = {1, 6, 2, 3, 5, 7, 4};

/* A round of eight steps turns A by one and the sum by the next of its four numbers, twice over. */
static const uint8_t turns[5][4] = {{3, 23, 17, 27}, {28, 19, 22, 7}, {29, 9, 15, 5}, {4, 13, 10, 25}, {4, 13, 10, 25}};

static struct simd512_powers powers;
static uint32_t initial[32];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void step(uint32_t state[32], const uint32_t words[8], int number) {
    const uint8_t *turn = turns[number / 8], mask = lane_masks[number % 7];
    uint32_t *a = state, *b = state + 8, *c = state + 16, *d = state + 24;
    uint32_t turned[8];
    for (int j = 0; j < 8; j++) turned[j] = rotl32(a[j], turn[number % 4]);
    for (int j = 0; j < 8; j++) {
        const uint32_t choice = number % 8 < 4 ? ((b[j] ^ c[j]) & a[j]) ^ c[j] : (a[j] & b[j]) | ((a[j] | b[j]) & c[j]);
        a[j] = rotl32(d[j] + words[j] + choice, turn[(number + 1) % 4]) + turned[j ^ mask];
        d[j] = c[j];
        c[j] = b[j];
        b[j] = turned[j];
    }
}

static void compress(uint32_t state[32], const uint8_t block[128], int is_last, const struct simd512_powers *table) {
    uint32_t words[32][8], before[32];
    simd512_expand(words, block, is_last, table);
    memcpy(before, state, sizeof before);
    for (int i = 0; i < 32; i++) state[i] ^= load32_le(block + 4 * i);
    for (int i = 0; i < SIMD512_STEPS; i++) step(state, words[simd512_order[i]], i);
    for (int i = 0; i < 4; i++) step(state, before + 8 * i, SIMD512_STEPS + i);
}

static int16_t power_of_41(int exponent) {
    int power = 1;
    for (int i = 0; i < exponent % 256; i++) power = power * 41 % 257;
    return (int16_t)(power > 128 ? power - 257 : power);
}

/* The initial value is the compression, from zeros, of the function's name. */
static void make_tables(void) {
    for (int i = 0; i < 8; i++) powers.root[i] = power_of_41(16 * i);
    for (int i = 0; i < 256; i++) {
        powers.twist[i / 16][i % 16] = power_of_41((i / 16) * (i % 16));
        powers.bias[0][i] = power_of_41(255 * i);
        powers.bias[1][i] = (int16_t)(powers.bias[0][i] + power_of_41(253 * i));
    }
    uint8_t block[SIMD512_BLOCK] = "SIMD-512 v1.1";
    compress(initial, block, 0, &powers);
}

static simd512_compress *chosen(void) {
#ifdef POWHASH_SIMD512_AVX2
    if (__builtin_cpu_supports("avx2")) return powhash_simd512_compress_avx2;
#endif
    return compress;
}

void powhash_simd512(const uint8_t *in, size_t length, uint8_t *out) {
    (void)pthread_once(&made, make_tables);
    simd512_compress *const compress_block = chosen();
    const uint64_t bits = (uint64_t)length * 8;
    uint32_t state[32];
    memcpy(state, initial, sizeof state);
    for (; length >= SIMD512_BLOCK; length -= SIMD512_BLOCK, in += SIMD512_BLOCK) {
        compress_block(state, in, 0, &powers);
    }
    uint8_t tail[SIMD512_BLOCK] = {0};
    if (length > 0) {
        memcpy(tail, in, length);
        compress_block(state, tail, 0, &powers);
        memset(tail, 0, sizeof tail);
    }
    store64_le(tail, bits); /* the last block is the length alone */
    compress_block(state, tail, 1, &powers);
    for (int i = 0; i < 16; i++) store32_le(out + 4 * i, state[i]);
}
