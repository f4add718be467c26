/* BLAKE-256 of 14 rounds, the final round's submission, and of 8, which Blakecoin and its kin took: "SHA-3 proposal
 * BLAKE", version 1.3, sections 2.1 and 2.3. No salt. */
#include "blake_sigma.h"
#include "bytes.h"
#include "digests.h"

enum { BLOCK = 64, LENGTH_BYTES = 8 };

/* The first 512 bits of pi's fraction. */
static const uint32_t pi[16] = {
    0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89,
    0x452821e6, 0x38d01377, 0xbe5466cf, 0x34e90c6c, 0xc0ac29b7, 0xc97c50dd, 0x3f84d5b5, 0xb5470917,
};

static const uint32_t start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

#define G(r, i, a, b, c, d)                                                       \
    do {                                                                          \
        a += b + (m[sigma[r][2 * (i)]] ^ pi[sigma[r][2 * (i) + 1]]);              \
        d = rotr32(d ^ a, 16);                                                    \
        c += d;                                                                   \
        b = rotr32(b ^ c, 12);                                                    \
        a += b + (m[sigma[r][2 * (i) + 1]] ^ pi[sigma[r][2 * (i)]]);              \
        d = rotr32(d ^ a, 8);                                                     \
        c += d;                                                                   \
        b = rotr32(b ^ c, 7);                                                     \
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

/* `bits`: how much of the message is hashed with this block, 0 where the block is padding alone. */
static void compress(uint32_t h[8], const uint8_t *block, uint64_t bits, int rounds) {
    uint32_t m[16], v[16];
    for (int i = 0; i < 16; i++) m[i] = load32_be(block + 4 * i);
    for (int i = 0; i < 8; i++) {
        v[i] = h[i];
        v[8 + i] = pi[i];
    }
    v[12] ^= (uint32_t)bits;
    v[13] ^= (uint32_t)bits;
    v[14] ^= (uint32_t)(bits >> 32);
    v[15] ^= (uint32_t)(bits >> 32);
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    ROUND(6);
    ROUND(7);
    if (rounds == 14) {
        ROUND(8);
        ROUND(9);
        ROUND(0);
        ROUND(1);
        ROUND(2);
        ROUND(3);
    }
    for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[8 + i];
}

/* The rest of the message, a bit 1, zeros, a bit 1 and the length in bits. */
static void finish(uint32_t h[8], const uint8_t *rest, size_t left, uint64_t length, int rounds) {
    uint8_t last[2 * BLOCK] = {0};
    size_t blocks = left < BLOCK - LENGTH_BYTES ? 1 : 2;
    memcpy(last, rest, left);
    last[left] = 0x80;
    last[blocks * BLOCK - LENGTH_BYTES - 1] |= 1;
    store64_be(last + blocks * BLOCK - 8, length << 3);
    compress(h, last, left ? length << 3 : 0, rounds);
    if (blocks == 2) compress(h, last + BLOCK, 0, rounds);
}

static void digest(const uint8_t *in, size_t length, uint8_t *out, int rounds) {
    uint32_t h[8];
    size_t done = 0;
    memcpy(h, start, sizeof h);
    for (; length - done >= BLOCK; done += BLOCK) compress(h, in + done, ((uint64_t)done + BLOCK) << 3, rounds);
    finish(h, in + done, length - done, length, rounds);
    for (int i = 0; i < 8; i++) store32_be(out + 4 * i, h[i]);
}

void powhash_blake256(const uint8_t *in, size_t length, uint8_t *out) { digest(in, length, out, 14); }

void powhash_blake256r8(const uint8_t *in, size_t length, uint8_t *out) { digest(in, length, out, 8); }
