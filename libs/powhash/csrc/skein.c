/* Skein-512-512 and Skein-512-256: "The Skein Hash Function Family", version 1.3 (the final round's), sections 3.3 to
 * 3.5. Threefish-512 of 72 rounds under UBI; no key, one block of output. */
#include "bytes.h"
#include "digests.h"

enum { BLOCK = 64 };

static const uint64_t FIRST = (uint64_t)1 << 62, FINAL = (uint64_t)1 << 63;
static const uint64_t MESSAGE = (uint64_t)48 << 56, OUTPUT = (uint64_t)63 << 56;

/* The chaining values after the configuration block, which holds the size of the output: appendices B.9 and B.10. */
static const uint64_t start512[8] = {
    0x4903adff749c51ce, 0x0d95de399746df03, 0x8fd1934127c79bce, 0x9a255629ff352cb1,
    0x5db62599df6ca7b0, 0xeabe394ca9d5c3f4, 0x991112c71a75b523, 0xae18a40b660fcc33,
};
static const uint64_t start256[8] = {
    0xccd044a12fdb3e13, 0xe83590301a79a9eb, 0x55aea0614f816e6f, 0x2a2767a4ae9b94db,
    0xec06025e74dd7683, 0xe7a436cdc4746251, 0xc36fbaf9393ad185, 0x3eedba1833edfc13,
};

#define MIX(a, b, n)                 \
    do {                             \
        a += b;                      \
        b = rotl64(b, n) ^ a;        \
    } while (0)

#define FOUR_ROUNDS(n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12, n13, n14, n15) \
    do {                                                                                  \
        MIX(v[0], v[1], n0);                                                              \
        MIX(v[2], v[3], n1);                                                              \
        MIX(v[4], v[5], n2);                                                              \
        MIX(v[6], v[7], n3);                                                              \
        MIX(v[2], v[1], n4);                                                              \
        MIX(v[4], v[7], n5);                                                              \
        MIX(v[6], v[5], n6);                                                              \
        MIX(v[0], v[3], n7);                                                              \
        MIX(v[4], v[1], n8);                                                              \
        MIX(v[6], v[3], n9);                                                              \
        MIX(v[0], v[5], n10);                                                             \
        MIX(v[2], v[7], n11);                                                             \
        MIX(v[6], v[1], n12);                                                             \
        MIX(v[0], v[7], n13);                                                             \
        MIX(v[2], v[5], n14);                                                             \
        MIX(v[4], v[3], n15);                                                             \
    } while (0)

/* Subkey s of the schedule of 9 words of key and 3 of tweak. */
#define ADD_SUBKEY(s)                                   \
    do {                                                \
        v[0] += k[(s) % 9];                             \
        v[1] += k[((s) + 1) % 9];                       \
        v[2] += k[((s) + 2) % 9];                       \
        v[3] += k[((s) + 3) % 9];                       \
        v[4] += k[((s) + 4) % 9];                       \
        v[5] += k[((s) + 5) % 9] + t[(s) % 3];          \
        v[6] += k[((s) + 6) % 9] + t[((s) + 1) % 3];    \
        v[7] += k[((s) + 7) % 9] + (s);                 \
    } while (0)

#define EIGHT_ROUNDS(s)                                                                       \
    do {                                                                                      \
        ADD_SUBKEY(2 * (s));                                                                  \
        FOUR_ROUNDS(46, 36, 19, 37, 33, 27, 14, 42, 17, 49, 36, 39, 44, 9, 54, 56);           \
        ADD_SUBKEY(2 * (s) + 1);                                                              \
        FOUR_ROUNDS(39, 30, 34, 24, 13, 50, 10, 17, 25, 29, 39, 43, 8, 35, 56, 22);           \
    } while (0)

/* One step of UBI: `position` is the count of bytes up to the end of this block. */
static void absorb(uint64_t h[8], const uint8_t *block, uint64_t position, uint64_t flags) {
    uint64_t m[8], v[8], k[9], t[3] = {position, flags, position ^ flags};
    k[8] = 0x1bd11bdaa9fc1a22;
    for (int i = 0; i < 8; i++) {
        m[i] = v[i] = load64_le(block + 8 * i);
        k[i] = h[i];
        k[8] ^= h[i];
    }
    EIGHT_ROUNDS(0);
    EIGHT_ROUNDS(1);
    EIGHT_ROUNDS(2);
    EIGHT_ROUNDS(3);
    EIGHT_ROUNDS(4);
    EIGHT_ROUNDS(5);
    EIGHT_ROUNDS(6);
    EIGHT_ROUNDS(7);
    EIGHT_ROUNDS(8);
    ADD_SUBKEY(18);
    for (int i = 0; i < 8; i++) h[i] = v[i] ^ m[i];
}

static void digest(const uint64_t start[8], const uint8_t *in, size_t length, uint64_t h[8]) {
    uint8_t last[BLOCK] = {0};
    uint64_t flags = MESSAGE | FIRST;
    size_t done = 0;
    memcpy(h, start, BLOCK);
    for (; length - done > BLOCK; done += BLOCK) {
        absorb(h, in + done, (uint64_t)done + BLOCK, flags);
        flags = MESSAGE;
    }
    if (length > done) memcpy(last, in + done, length - done);
    absorb(h, last, length, flags | FINAL);
    memset(last, 0, BLOCK);
    absorb(h, last, 8, OUTPUT | FIRST | FINAL);
}

void powhash_skein512(const uint8_t *in, size_t length, uint8_t *out) {
    uint64_t h[8];
    digest(start512, in, length, h);
    for (int i = 0; i < 8; i++) store64_le(out + 8 * i, h[i]);
}

void powhash_skein256(const uint8_t *in, size_t length, uint8_t *out) {
    uint64_t h[8];
    digest(start256, in, length, h);
    for (int i = 0; i < 4; i++) store64_le(out + 8 * i, h[i]);
}
