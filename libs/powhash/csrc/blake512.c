/* BLAKE-512 of 16 rounds: "SHA-3 proposal BLAKE", version 1.3 (the final round's submission), sections 2.2 and 2.4.
 * No salt. */
#include "blake_sigma.h"
#include "bytes.h"
#include "digests.h"

enum { BLOCK = 128, LENGTH_BYTES = 16 };

/* The first 1024 bits of pi's fraction. */
static const uint64_t pi[16] = {
    0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
    0x452821e638d01377, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917,
    0x9216d5d98979fb1b, 0xd1310ba698dfb5ac, 0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96,
    0xba7c9045f12c7f99, 0x24a19947b3916cf7, 0x0801f2e2858efc16, 0x636920d871574e69,
};

static const uint64_t start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

#define G(r, i, a, b, c, d)                                                       \
    do {                                                                          \
        a += b + (m[sigma[r][2 * (i)]] ^ pi[sigma[r][2 * (i) + 1]]);              \
        d = rotr64(d ^ a, 32);                                                    \
        c += d;                                                                   \
        b = rotr64(b ^ c, 25);                                                    \
        a += b + (m[sigma[r][2 * (i) + 1]] ^ pi[sigma[r][2 * (i)]]);              \
        d = rotr64(d ^ a, 16);                                                    \
        c += d;                                                                   \
        b = rotr64(b ^ c, 11);                                                    \
    } while (0)

#define ROUND(r)                             \
    do {                                     \
        G(r, 0, v[0], v[4], v[8], v[12]);    \
        G(r, 1, v[1], v[5], v[9], v[13]);    \
        G(r, 2, v[2], v[6], v[10], v[14]);   \
        G(r, 3, v[3], v[7], v[11], v[15]);   \
        G(r, 4, v[0], v[5], v[10], v[15]);   \
        G(r, 5, v[1], v[6], v[11], v[12]);   \
        G(r, 6, v[2], v[7], v[8], v[13]);    \
        G(r, 7, v[3], v[4], v[9], v[14]);    \
    } while (0)

/* `bits` and `bits_high`: how much of the message is hashed with this block, 0 where the block is padding alone. */
static void compress(uint64_t h[8], const uint8_t *block, uint64_t bits, uint64_t bits_high) {
    uint64_t m[16], v[16];
    for (int i = 0; i < 16; i++) m[i] = load64_be(block + 8 * i);
    for (int i = 0; i < 8; i++) {
        v[i] = h[i];
        v[8 + i] = pi[i];
    }
    v[12] ^= bits;
    v[13] ^= bits;
    v[14] ^= bits_high;
    v[15] ^= bits_high;
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    ROUND(6);
    ROUND(7);
    ROUND(8);
    ROUND(9);
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[8 + i];
}

/* The rest of the message, a bit 1, zeros, a bit 1 and the length in bits. */
static void finish(uint64_t h[8], const uint8_t *rest, size_t left, uint64_t length) {
    uint8_t last[2 * BLOCK] = {0};
    size_t blocks = left < BLOCK - LENGTH_BYTES ? 1 : 2;
    uint64_t bits = length << 3, bits_high = length >> 61;
    memcpy(last, rest, left);
    last[left] = 0x80;
    last[blocks * BLOCK - LENGTH_BYTES - 1] |= 1;
    store64_be(last + blocks * BLOCK - 16, bits_high);
    store64_be(last + blocks * BLOCK - 8, bits);
    compress(h, last, left ? bits : 0, left ? bits_high : 0);
    if (blocks == 2) compress(h, last + BLOCK, 0, 0);
}

void powhash_blake512(const uint8_t *in, size_t length, uint8_t *out) {
    uint64_t h[8];
    size_t done = 0;
    memcpy(h, start, sizeof h);
    for (; length - done >= BLOCK; done += BLOCK) {
        uint64_t hashed = done + BLOCK;
        compress(h, in + done, hashed << 3, hashed >> 61);
    }
    finish(h, in + done, length - done, length);
    for (int i = 0; i < 8; i++) store64_be(out + 8 * i, h[i]);
}
