/* HEFTY1, the digest that Heavycoin and Mjollnircoin began with: 32 bytes.
 *
 * Source: the Heavycoin project's HEFTY1 of 2014. It is SHA-256 (FIPS 180-4: the same constants, schedule, padding) in
 * which nearly every word that enters a round is first "branched": one of its bits is cleared, set, flipped or left
 * alone as the next word of a sponge says. The sponge has four words, starts at zero, is never reset, and absorbs the
 * message and the state as the rounds go, so the order of the branches is part of the definition. */
#include "bytes.h"
#include "digests.h"
#include "sha256.h"

enum { BLOCK_BYTES = 64, ROUNDS = 64, LENGTH_BYTES = 8 };

struct hefty1 {
    uint32_t state[8];
    uint32_t sponge[4];
};

static const uint32_t INITIAL_STATE[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* A word folded by XOR into its two lowest bits. */
static inline uint32_t two_bits_of(uint32_t x) {
    x ^= x >> 16;
    x ^= x >> 8;
    x ^= x >> 4;
    return (x ^ (x >> 2)) & 3;
}

/* The four ways in which the sponge's first word can change another. Which of them it is comes out last, so all are
 * made meanwhile and one is picked from memory: a branch would be foreseen one time in four. `turns` holds the
 * rotations, a byte each. */
static inline void four_ways(uint32_t out[4], uint32_t word, uint32_t first, uint32_t turns, uint32_t place) {
    out[0] = word ^ rotr32(first, (turns >> 24) + place);
    out[1] = word + rotr32(~first, ((turns >> 16) & 15) + place);
    out[2] = word & rotr32(~first, ((turns >> 8) & 15) + place);
    out[3] = word ^ rotr32(first, (turns & 15) + place);
}

static inline void mangle(uint32_t sponge[4]) {
    uint32_t first = sponge[0], second_ways[4], third_ways[4];
    uint32_t turns = (first ^ (first >> 4)) & 0x0f0f0f0f;
    four_ways(second_ways, sponge[2], first, turns, 1);
    four_ways(third_ways, sponge[3], first, turns, 2);
    sponge[1] ^= rotr32(first, turns >> 24);
    uint32_t way = two_bits_of(sponge[1]);
    sponge[2] = second_ways[way];
    sponge[3] = third_ways[way ^ two_bits_of(sponge[2])];
    sponge[0] = first ^ ((sponge[1] ^ sponge[2]) + sponge[3]);
}

static inline void absorb(uint32_t sponge[4], uint32_t word) {
    sponge[0] ^= word;
    mangle(sponge);
}

/* The word with a bit cleared, set, flipped or left alone, as the sponge's next word says. */
static inline uint32_t branched(uint32_t sponge[4], uint32_t word) {
    uint32_t order = sponge[0];
    uint32_t bit = UINT32_C(1) << ((order >> 8) & 31);
    uint32_t clear = 0u - ((order & 3) == 1), set = 0u - ((order & 3) == 2), flip = 0u - ((order & 3) == 3);
    mangle(sponge);
    return ((word & ~(bit & clear)) | (bit & set)) ^ (bit & flip);
}

static inline void one_round(uint32_t s[8], uint32_t sponge[4], uint32_t addend) {
    uint32_t g = branched(sponge, s[6]);
    uint32_t f = branched(sponge, s[5]);
    uint32_t choice = (s[4] & f) ^ (~s[4] & g);
    uint32_t e = branched(sponge, s[4]);
    uint32_t first = s[7] + choice + addend + (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25));
    uint32_t c = branched(sponge, s[2]);
    uint32_t b = branched(sponge, s[1]);
    uint32_t a = branched(sponge, s[0]);
    uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
    a = branched(sponge, s[0]);
    uint32_t second = majority + (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22));
    uint32_t fifth = s[3] + branched(sponge, first);
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] = fifth;
    s[0] = first + second;
}

static inline uint32_t scheduled(const uint32_t w[ROUNDS], size_t t) {
    uint32_t near = w[t - 2], far = w[t - 15];
    return (rotr32(near, 17) ^ rotr32(near, 19) ^ (near >> 10)) + w[t - 7] +
           (rotr32(far, 7) ^ rotr32(far, 18) ^ (far >> 3)) + w[t - 16];
}

static void take_block(struct hefty1 *h, const uint8_t block[BLOCK_BYTES]) {
    uint32_t w[ROUNDS], s[8], sponge[4];
    memcpy(s, h->state, sizeof s);
    memcpy(sponge, h->sponge, sizeof sponge);
    for (size_t t = 0; t < 16; t++) {
        w[t] = load32_be(block + 4 * t);
        absorb(sponge, w[t] ^ powhash_sha256_constants[t]);
    }
    for (size_t t = 0; t < ROUNDS; t++) {
        absorb(sponge, t < 16 ? s[3] ^ s[7] : s[3] + s[7]);
        if (t >= 16) w[t] = scheduled(w, t);
        one_round(s, sponge, w[t] + powhash_sha256_constants[t]);
    }
    for (size_t i = 0; i < 8; i++) h->state[i] += s[i];
    memcpy(h->sponge, sponge, sizeof sponge);
}

void powhash_hefty1(const uint8_t *in, size_t length, uint8_t *out) {
    struct hefty1 h = {.sponge = {0}};
    uint8_t last[2 * BLOCK_BYTES] = {0};
    size_t whole = length / BLOCK_BYTES, rest = length % BLOCK_BYTES;
    size_t padded = rest + 1 + LENGTH_BYTES <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    memcpy(h.state, INITIAL_STATE, sizeof h.state);
    for (size_t i = 0; i < whole; i++) take_block(&h, in + i * BLOCK_BYTES);
    if (rest > 0) memcpy(last, in + whole * BLOCK_BYTES, rest);
    last[rest] = 0x80;
    store64_be(last + padded - LENGTH_BYTES, (uint64_t)length * 8);
    for (size_t i = 0; i < padded; i += BLOCK_BYTES) take_block(&h, last + i);
    for (size_t i = 0; i < 8; i++) store32_be(out + 4 * i, h.state[i]);
}
