/* CubeHash16/32 with 160 rounds before and after the message, 512 and 256 bits of output: D. J. Bernstein, "CubeHash
 * specification (2.B.1)" and "CubeHash parameter tweak: 10 times smaller MAC" (the second round's CubeHash16+16/32+160
 * that sphlib and the coins have). */
#include "cubehash.h"

#include "bytes.h"
#include "digests.h"

enum { BLOCK = 32, ROUNDS = 16, FINAL_ROUNDS = 160 };

/* The state after 160 rounds from (bytes of output, bytes of a block, rounds, 0, ...). */
static const uint32_t start512[32] = {
    0x2aea2a61, 0x50f494d4, 0x2d538b8b, 0x4167d83e, 0x3fee2313, 0xc701cf8c, 0xcc39968e, 0x50ac5695,
    0x4d42c787, 0xa647a8b3, 0x97cf0bef, 0x825b4537, 0xeef864d2, 0xf22090c4, 0xd0e5cd33, 0xa23911ae,
    0xfcd398d9, 0x148fe485, 0x1b017bef, 0xb6444532, 0x6a536159, 0x2ff5781c, 0x91fa7934, 0x0dbadea9,
    0xd65c8a2b, 0xa5a70e75, 0xb1c62456, 0xbc796576, 0x1921c8f7, 0xe7989af1, 0x7795d246, 0xd43e3b44,
};
static const uint32_t start256[32] = {
    0xea2bd4b4, 0xccd6f29f, 0x63117e71, 0x35481eae, 0x22512d5b, 0xe5d94e63, 0x7e624131, 0xf4cc12be,
    0xc2d0b696, 0x42af2070, 0xd0720c35, 0x3361da8c, 0x28cceca4, 0x8ef8ad83, 0x4680ac00, 0x40e5fbab,
    0xd89041c3, 0x6107fbd5, 0x6c859d41, 0xf0b26679, 0x09392549, 0x5fa25603, 0x65c892fd, 0x93cb6285,
    0x2af2b5ae, 0x9e4b4e60, 0x774abfdd, 0x85254725, 0x15815aeb, 0x4ab6aad6, 0x9cdaf8af, 0xd6032c0a,
};

/* One round: low[] are words 00000 to 01111 of the specification, high[] are 10000 to 11111. The swaps are in the
 * indices. */
static inline void one_round(uint32_t low[16], uint32_t high[16]) {
    uint32_t a[16], b[16];
    for (int i = 0; i < 16; i++) high[i] += low[i];
    for (int i = 0; i < 16; i++) a[i] = rotl32(low[i ^ 8], 7) ^ high[i];
    for (int i = 0; i < 16; i++) b[i] = high[i ^ 2] + a[i];
    for (int i = 0; i < 16; i++) low[i] = rotl32(a[i ^ 4], 11) ^ b[i];
    for (int i = 0; i < 16; i++) high[i] = b[i ^ 1];
}

static void rounds(uint32_t state[32], int count) {
#ifdef POWHASH_CUBEHASH_AVX2
    if (__builtin_cpu_supports("avx2")) {
        powhash_cubehash_rounds_avx2(state, count);
        return;
    }
#endif
    for (int i = 0; i < count; i++) one_round(state, state + 16);
}

static void absorb(uint32_t state[32], const uint8_t block[BLOCK]) {
    for (int i = 0; i < BLOCK / 4; i++) state[i] ^= load32_le(block + 4 * i);
    rounds(state, ROUNDS);
}

static void digest(const uint32_t start[32], const uint8_t *in, size_t length, uint8_t *out, int out_words) {
    uint32_t state[32];
    uint8_t last[BLOCK] = {0};
    size_t done = 0;
    memcpy(state, start, sizeof state);
    for (; length - done >= BLOCK; done += BLOCK) absorb(state, in + done);
    memcpy(last, in + done, length - done);
    last[length - done] = 0x80;
    absorb(state, last);
    state[31] ^= 1;
    rounds(state, FINAL_ROUNDS);
    for (int i = 0; i < out_words; i++) store32_le(out + 4 * i, state[i]);
}

void powhash_cubehash512(const uint8_t *in, size_t length, uint8_t *out) { digest(start512, in, length, out, 16); }

void powhash_cubehash256(const uint8_t *in, size_t length, uint8_t *out) { digest(start256, in, length, out, 8); }
