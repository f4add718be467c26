/* JH-512 of 42 rounds: Hongjun Wu, "The Hash Function JH", 16 January 2011 (the final round's submission). The state of
 * 1024 bits is kept as eight slices of 128 bits, two words each: slices 0, 2, 4 and 6 are the four bits of the even
 * nibbles, 1, 3, 5 and 7 of the odd ones. */
#include "jh512.h"

#include "bytes.h"
#include "digests.h"
#include "jh_constants.h"

enum { BLOCK = 64 };

/* The eight slices' words of one half. The S-box on both quarters (chosen by the constant), then the linear map. */
#define SBOX(m0, m1, m2, m3, c)          \
    do {                                 \
        uint64_t t;                      \
        m3 = ~m3;                        \
        m0 ^= ~m2 & c;                   \
        t = c ^ (m0 & m1);               \
        m0 ^= m2 & m3;                   \
        m3 ^= ~m1 & m2;                  \
        m1 ^= m0 & m2;                   \
        m2 ^= m0 & ~m3;                  \
        m0 ^= m1 | m3;                   \
        m3 ^= m1 & m2;                   \
        m1 ^= t & m0;                    \
        m2 ^= t;                         \
    } while (0)

static inline void substitute(uint64_t x[8][2], const uint64_t constants[4]) {
    for (int half = 0; half < 2; half++) {
        SBOX(x[0][half], x[2][half], x[4][half], x[6][half], constants[half]);
        SBOX(x[1][half], x[3][half], x[5][half], x[7][half], constants[2 + half]);
        x[1][half] ^= x[2][half];
        x[3][half] ^= x[4][half];
        x[5][half] ^= x[0][half] ^ x[6][half];
        x[7][half] ^= x[0][half];
        x[0][half] ^= x[3][half];
        x[2][half] ^= x[5][half];
        x[4][half] ^= x[1][half] ^ x[7][half];
        x[6][half] ^= x[1][half];
    }
}

/* Groups of `n` neighbouring bits change places, where `mask` has the lower ones. */
static inline void swap_bits(uint64_t x[8][2], unsigned n, uint64_t mask) {
    for (int slice = 1; slice < 8; slice += 2)
        for (int half = 0; half < 2; half++)
            x[slice][half] = (x[slice][half] >> n & mask) | (x[slice][half] & mask) << n;
}

static inline void swap_halves(uint64_t x[8][2]) {
    for (int slice = 1; slice < 8; slice += 2) {
        uint64_t high = x[slice][0];
        x[slice][0] = x[slice][1];
        x[slice][1] = high;
    }
}

static void permute_halves(uint64_t x[8][2]) {
    for (int round = 0; round < JH_ROUNDS; round += JH_SWAPS) {
        const uint64_t(*constants)[4] = jh_constants + round;
        substitute(x, constants[0]);
        swap_bits(x, 1, 0x5555555555555555);
        substitute(x, constants[1]);
        swap_bits(x, 2, 0x3333333333333333);
        substitute(x, constants[2]);
        swap_bits(x, 4, 0x0f0f0f0f0f0f0f0f);
        substitute(x, constants[3]);
        swap_bits(x, 8, 0x00ff00ff00ff00ff);
        substitute(x, constants[4]);
        swap_bits(x, 16, 0x0000ffff0000ffff);
        substitute(x, constants[5]);
        swap_bits(x, 32, 0x00000000ffffffff);
        substitute(x, constants[6]);
        swap_halves(x);
    }
}

static void permute(uint64_t x[8][2]) {
#ifdef POWHASH_JH_AVX2
    if (__builtin_cpu_supports("avx2")) {
        powhash_jh512_permute_avx2(x, jh_constants);
        return;
    }
#endif
    permute_halves(x);
}

static void absorb(uint64_t x[8][2], const uint8_t *block) {
    uint64_t m[4][2];
    for (int i = 0; i < 8; i++) {
        m[i / 2][i % 2] = load64_be(block + 8 * i);
        x[i / 2][i % 2] ^= m[i / 2][i % 2];
    }
    permute(x);
    for (int i = 0; i < 8; i++) x[4 + i / 2][i % 2] ^= m[i / 2][i % 2];
}

/* A bit 1, zeros and the length in bits: 64 bytes or more of them, so a block of padding alone ends every message. */
static void finish(uint64_t x[8][2], const uint8_t *rest, size_t left, uint64_t length) {
    uint8_t last[2 * BLOCK] = {0};
    size_t blocks = left == 0 ? 1 : 2;
    if (left > 0) memcpy(last, rest, left);
    last[left] = 0x80;
    store64_be(last + blocks * BLOCK - 16, length >> 61);
    store64_be(last + blocks * BLOCK - 8, length << 3);
    for (size_t i = 0; i < blocks; i++) absorb(x, last + i * BLOCK);
}

/* The state after a block of zeros on one that holds only the size of the digest, 512, in its first two bytes. */
static const uint64_t start[8][2] = {
    {0x6fd14b963e00aa17, 0x636a2e057a15d543}, {0x8a225e8d0c97ef0b, 0xe9341259f2b3c361},
    {0x891da0c1536f801e, 0x2aa9056bea2b6d80}, {0x588eccdb2075baa6, 0xa90f3a76baf83bf7},
    {0x0169e60541e34a69, 0x46b58a8e2e6fe65a}, {0x1047a7d0c1843c24, 0x3b6e71b12d5ac199},
    {0xcf57f6ec9db1f856, 0xa706887c5716b156}, {0xe3c2fcdfe68517fb, 0x545a4678cc8cdd4b},
};

void powhash_jh512(const uint8_t *in, size_t length, uint8_t *out) {
    uint64_t x[8][2];
    size_t done = 0;
    memcpy(x, start, sizeof x);
    for (; length - done >= BLOCK; done += BLOCK) absorb(x, in + done);
    finish(x, in + done, length - done, length);
    for (int i = 0; i < 8; i++) store64_be(out + 8 * i, x[4 + i / 2][i % 2]);
}
