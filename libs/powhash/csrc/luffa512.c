/* Luffa-512: "Hash Function Luffa: Specification", version 2.0 (the second round's). Five permutations of 256 bits run
 * side by side: word i of permutation j is v[i][j], so that one loop over j can be a few vector instructions. */
#include "luffa512.h"

#include "bytes.h"
#include "digests.h"

enum { BLOCK = 32, LANES = LUFFA_LANES, STRIDE = LUFFA_STRIDE, STEPS = LUFFA_STEPS };

typedef luffa_state state;

/* Starting values V0 to V4: appendix A. */
static const state start = {
    {0x6d251e69, 0xc3b44b95, 0xf7efc89d, 0x858075d5, 0x6c68e9be},
    {0x44b051e0, 0xd9d2f256, 0x5dba5781, 0x36d79cce, 0x5ec41e22},
    {0x4eaa6fb4, 0x70eee9a0, 0x04016ce5, 0xe571f7d7, 0xc825b7c7},
    {0xdbf78465, 0xde099fa3, 0xad659c05, 0x204b1f67, 0xaffb4363},
    {0x6e292011, 0x5d9b0557, 0x0306194f, 0x35870c6a, 0xf5df3999},
    {0x90152df4, 0x8fc944b3, 0x666d1836, 0x57e9e923, 0x0fc688f1},
    {0xee058139, 0xcf1ccf0e, 0x24aa230a, 0x14bcb808, 0xb07224cc},
    {0xdef610bb, 0x746cd581, 0x8b264ae7, 0x7cde72ce, 0x03e86cea},
};

/* Appendix B. */
const uint32_t powhash_luffa_constants[STEPS][2][STRIDE] = {
    {{0x303994a6, 0xb6de10ed, 0xfc20d9d2, 0xb213afa5, 0xf0d2e9e3},
     {0xe0337818, 0x01685f3d, 0xe25e72c1, 0xe028c9bf, 0x5090d577}},
    {{0xc0e65299, 0x70f47aae, 0x34552e25, 0xc84ebe95, 0xac11d7fa},
     {0x441ba90d, 0x05a17cf4, 0xe623bb72, 0x44756f91, 0x2d1925ab}},
    {{0x6cc33a12, 0x0707a3d4, 0x7ad8818f, 0x4e608a22, 0x1bcb66f2},
     {0x7f34d442, 0xbd09caca, 0x5c58a4a4, 0x7e8fce32, 0xb46496ac}},
    {{0xdc56983e, 0x1c1e8f51, 0x8438764a, 0x56d858fe, 0x6f2d9bc9},
     {0x9389217f, 0xf4272b28, 0x1e38e2e7, 0x956548be, 0xd1925ab0}},
    {{0x1e00108f, 0x707a3d45, 0xbb6de032, 0x343b138f, 0x78602649},
     {0xe5a8bce6, 0x144ae5cc, 0x78e38b9d, 0xfe191be2, 0x29131ab6}},
    {{0x7800423d, 0xaeb28562, 0xedb780c8, 0xd0ec4e3d, 0x8edae952},
     {0x5274baf4, 0xfaa7ae2b, 0x27586719, 0x3cb226e5, 0x0fc053c3}},
    {{0x8f5b7882, 0xbaca1589, 0xd9847356, 0x2ceb4882, 0x3b6ba548},
     {0x26889ba7, 0x2e48f1c1, 0x36eda57f, 0x5944a28e, 0x3f014f0c}},
    {{0x96e1db12, 0x40a46f3e, 0xa2c78434, 0xb3ad2208, 0xedae9520},
     {0x9a226e9d, 0xb923c704, 0x703aace7, 0xa1c4c355, 0xfc053c31}},
};

/* words = words times 2 in the ring of message injection, whose modulus is x^8 + x^4 + x^3 + x + 1. */
static inline void twice(state w) {
    uint32_t top[STRIDE];
    for (int j = 0; j < STRIDE; j++) top[j] = w[7][j];
    for (int i = 7; i > 0; i--)
        for (int j = 0; j < STRIDE; j++) w[i][j] = w[i - 1][j];
    for (int j = 0; j < STRIDE; j++) {
        w[0][j] = top[j];
        w[1][j] ^= top[j];
        w[3][j] ^= top[j];
        w[4][j] ^= top[j];
    }
}

/* The same of eight words alone. */
static inline void twice_one(uint32_t w[8]) {
    uint32_t top = w[7];
    for (int i = 7; i > 0; i--) w[i] = w[i - 1];
    w[0] = top;
    w[1] ^= top;
    w[3] ^= top;
    w[4] ^= top;
}

/* Message injection for five permutations: figure 5. */
static void inject(state v, const uint32_t message[8]) {
    state doubled;
    uint32_t sum[8], m[8];
    for (int i = 0; i < 8; i++) sum[i] = v[i][0] ^ v[i][1] ^ v[i][2] ^ v[i][3] ^ v[i][4];
    twice_one(sum);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < LANES; j++) v[i][j] ^= sum[i];
    memcpy(doubled, v, sizeof doubled);
    twice(doubled);
    for (int i = 0; i < 8; i++) {
        uint32_t first = v[i][0];
        for (int j = 0; j < LANES - 1; j++) v[i][j] = doubled[i][j] ^ v[i][j + 1];
        v[i][LANES - 1] = doubled[i][LANES - 1] ^ first;
    }
    memcpy(doubled, v, sizeof doubled);
    twice(doubled);
    for (int i = 0; i < 8; i++) {
        uint32_t last = v[i][LANES - 1];
        for (int j = LANES - 1; j > 0; j--) v[i][j] = doubled[i][j] ^ v[i][j - 1];
        v[i][0] = doubled[i][0] ^ last;
    }
    memcpy(m, message, sizeof m);
    for (int j = 0; j < LANES; j++) {
        for (int i = 0; i < 8; i++) v[i][j] ^= m[i];
        twice_one(m);
    }
}

#define SUB_CRUMB(a0, a1, a2, a3) \
    do {                          \
        uint32_t t = a0;          \
        a0 |= a1;                 \
        a2 ^= a3;                 \
        a1 = ~a1;                 \
        a0 ^= a3;                 \
        a3 &= t;                  \
        a1 ^= a3;                 \
        a3 ^= a2;                 \
        a2 &= a0;                 \
        a0 = ~a0;                 \
        a2 ^= a1;                 \
        a1 |= a3;                 \
        t ^= a1;                  \
        a3 ^= a2;                 \
        a2 &= a1;                 \
        a1 ^= a0;                 \
        a0 = t;                   \
    } while (0)

#define MIX_WORD(u, v)            \
    do {                          \
        v ^= u;                   \
        u = rotl32(u, 2) ^ v;     \
        v = rotl32(v, 14) ^ u;    \
        u = rotl32(u, 10) ^ v;    \
        v = rotl32(v, 1);         \
    } while (0)

/* Words 4 to 7 of permutation j are turned left by j bits, then eight steps. */
static void permute(state v) {
    for (int i = 4; i < 8; i++)
        for (unsigned j = 0; j < LANES; j++) v[i][j] = rotl32(v[i][j], j);
    for (int step = 0; step < STEPS; step++) {
        for (int j = 0; j < STRIDE; j++) {
            SUB_CRUMB(v[0][j], v[1][j], v[2][j], v[3][j]);
            SUB_CRUMB(v[5][j], v[6][j], v[7][j], v[4][j]);
            MIX_WORD(v[0][j], v[4][j]);
            MIX_WORD(v[1][j], v[5][j]);
            MIX_WORD(v[2][j], v[6][j]);
            MIX_WORD(v[3][j], v[7][j]);
            v[0][j] ^= powhash_luffa_constants[step][0][j];
            v[4][j] ^= powhash_luffa_constants[step][1][j];
        }
    }
}

static void absorb(state v, const uint8_t block[BLOCK]) {
    uint32_t m[8];
    for (int i = 0; i < 8; i++) m[i] = load32_be(block + 4 * i);
#ifdef POWHASH_LUFFA_AVX2
    if (__builtin_cpu_supports("avx2")) {
        powhash_luffa512_absorb_avx2(v, m);
        return;
    }
#endif
    inject(v, m);
    permute(v);
}

/* A round on a block of zeros gives the sum of the five permutations: half the digest. */
static void squeeze(state v, uint8_t out[BLOCK]) {
    static const uint8_t blank[BLOCK];
    absorb(v, blank);
    for (int i = 0; i < 8; i++) store32_be(out + 4 * i, v[i][0] ^ v[i][1] ^ v[i][2] ^ v[i][3] ^ v[i][4]);
}

void powhash_luffa512(const uint8_t *in, size_t length, uint8_t *out) {
    state v;
    uint8_t last[BLOCK] = {0};
    size_t done = 0;
    memcpy(v, start, sizeof v);
    for (; length - done >= BLOCK; done += BLOCK) absorb(v, in + done);
    memcpy(last, in + done, length - done);
    last[length - done] = 0x80;
    absorb(v, last);
    squeeze(v, out);
    squeeze(v, out + BLOCK);
}
