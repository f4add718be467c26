/* SHA-1 (FIPS 180-4). */
#include "sha1.h"

#include "bytes.h"
#include "digests.h"

#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define PARITY(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))

/* One round; the caller turns the names of the words instead of the words. */
#define ROUND(function, constant, a, b, c, d, e, t)                  \
    do {                                                             \
        e += rotl32(a, 5) + function(b, c, d) + (constant) + w[t];   \
        b = rotl32(b, 30);                                           \
    } while (0)

#define TWENTY_ROUNDS(function, constant, first)             \
    for (int t = (first); t < (first) + 20; t += 5) {        \
        ROUND(function, constant, a, b, c, d, e, t);         \
        ROUND(function, constant, e, a, b, c, d, t + 1);     \
        ROUND(function, constant, d, e, a, b, c, t + 2);     \
        ROUND(function, constant, c, d, e, a, b, t + 3);     \
        ROUND(function, constant, b, c, d, e, a, t + 4);     \
    }

void powhash_sha1_begin(uint32_t words[5]) {
    static const uint32_t start[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    memcpy(words, start, sizeof start);
}

void powhash_sha1_block(uint32_t words[5], const uint8_t block[64]) {
    uint32_t w[80];
    for (int t = 0; t < 16; t++) w[t] = load32_be(block + 4 * t);
    for (int t = 16; t < 80; t++) w[t] = rotl32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    uint32_t a = words[0], b = words[1], c = words[2], d = words[3], e = words[4];
    TWENTY_ROUNDS(CHOOSE, 0x5a827999, 0)
    TWENTY_ROUNDS(PARITY, 0x6ed9eba1, 20)
    TWENTY_ROUNDS(MAJORITY, 0x8f1bbcdc, 40)
    TWENTY_ROUNDS(PARITY, 0xca62c1d6, 60)
    words[0] += a, words[1] += b, words[2] += c, words[3] += d, words[4] += e;
}

void powhash_sha1(const uint8_t *in, size_t length, uint8_t *out) {
    uint32_t words[5];
    powhash_sha1_begin(words);
    const uint64_t bits = (uint64_t)length * 8;
    for (; length >= 64; length -= 64, in += 64) powhash_sha1_block(words, in);
    uint8_t tail[128] = {0};
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x80;
    size_t padded = length < 56 ? 64 : 128;
    store64_be(tail + padded - 8, bits);
    for (size_t at = 0; at < padded; at += 64) powhash_sha1_block(words, tail + at);
    for (int i = 0; i < 5; i++) store32_be(out + 4 * i, words[i]);
}
