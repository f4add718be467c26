/* SHA-256 (FIPS 180-4) and SHA-256 of SHA-256. The compression function is portable C; processors with SHA
 * extensions use sha256_ni.c, chosen when the first hash is asked for. */
#include "sha256.h"

#include <pthread.h>

#include "bytes.h"
#include "digests.h"

#ifdef POWHASH_SHA_NI
#include <cpuid.h>
#endif

const uint32_t powhash_sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static void expand(uint32_t w[64], const uint8_t *block) {
    for (int t = 0; t < 16; t++) w[t] = load32_be(block + 4 * t);
    for (int t = 16; t < 64; t++) {
        uint32_t s0 = rotr32(w[t - 15], 7) ^ rotr32(w[t - 15], 18) ^ (w[t - 15] >> 3);
        uint32_t s1 = rotr32(w[t - 2], 17) ^ rotr32(w[t - 2], 19) ^ (w[t - 2] >> 10);
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
}

/* One round; the caller turns the names of the words instead of the words. */
#define ROUND(a, b, c, d, e, f, g, h, t)                                                             \
    do {                                                                                             \
        uint32_t t1 = h + (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25)) + (g ^ (e & (f ^ g))) +     \
                      powhash_sha256_constants[t] + w[t];                                            \
        d += t1;                                                                                     \
        h = t1 + (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + ((a & b) | (c & (a | b)));         \
    } while (0)

static void compress(uint32_t words[8], const uint8_t *block) {
    uint32_t w[64];
    expand(w, block);
    uint32_t a = words[0], b = words[1], c = words[2], d = words[3];
    uint32_t e = words[4], f = words[5], g = words[6], h = words[7];
    for (int t = 0; t < 64; t += 8) {
        ROUND(a, b, c, d, e, f, g, h, t);
        ROUND(h, a, b, c, d, e, f, g, t + 1);
        ROUND(g, h, a, b, c, d, e, f, t + 2);
        ROUND(f, g, h, a, b, c, d, e, t + 3);
        ROUND(e, f, g, h, a, b, c, d, t + 4);
        ROUND(d, e, f, g, h, a, b, c, t + 5);
        ROUND(c, d, e, f, g, h, a, b, t + 6);
        ROUND(b, c, d, e, f, g, h, a, t + 7);
    }
    words[0] += a, words[1] += b, words[2] += c, words[3] += d;
    words[4] += e, words[5] += f, words[6] += g, words[7] += h;
}

static void blocks_portable(uint32_t words[8], const uint8_t *in, size_t blocks) {
    for (; blocks > 0; blocks--, in += 64) compress(words, in);
}

static void (*compress_blocks)(uint32_t words[8], const uint8_t *in, size_t blocks) = blocks_portable;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static void choose(void) {
#ifdef POWHASH_SHA_NI
    unsigned eax, ebx = 0, ecx, edx;
    int has_sha = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx >> 29 & 1);
    if (has_sha && __builtin_cpu_supports("sse4.1")) compress_blocks = powhash_sha256_blocks_ni;
#endif
}

void powhash_sha256_begin(struct powhash_sha256_state *state) {
    /* The first 32 bits of the fractional parts of the square roots of the first eight primes. */
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    pthread_once(&chosen, choose);
    memcpy(state->words, start, sizeof start);
    state->length = 0;
}

void powhash_sha256_add(struct powhash_sha256_state *state, const uint8_t *in, size_t length) {
    if (length == 0) return;
    size_t held = state->length % 64;
    state->length += length;
    if (held > 0) {
        size_t taken = length < 64 - held ? length : 64 - held;
        memcpy(state->block + held, in, taken);
        if (held + taken < 64) return;
        compress_blocks(state->words, state->block, 1);
        in += taken;
        length -= taken;
    }
    compress_blocks(state->words, in, length / 64);
    memcpy(state->block, in + length / 64 * 64, length % 64);
}

void powhash_sha256_end(struct powhash_sha256_state *state, uint8_t out[32]) {
    size_t held = state->length % 64;
    state->block[held++] = 0x80;
    if (held > 56) {
        memset(state->block + held, 0, 64 - held);
        compress_blocks(state->words, state->block, 1);
        held = 0;
    }
    memset(state->block + held, 0, 56 - held);
    store64_be(state->block + 56, state->length * 8);
    compress_blocks(state->words, state->block, 1);
    for (int i = 0; i < 8; i++) store32_be(out + 4 * i, state->words[i]);
}

void powhash_sha256(const uint8_t *in, size_t length, uint8_t *out) {
    struct powhash_sha256_state state;
    powhash_sha256_begin(&state);
    powhash_sha256_add(&state, in, length);
    powhash_sha256_end(&state, out);
}

void powhash_sha256d(const uint8_t *in, size_t length, uint8_t *out) {
    uint8_t once[32];
    powhash_sha256(in, length, once);
    powhash_sha256(once, sizeof once, out);
}
