/* The proof of work "sha1": SHA-1 of the header, written in 26 letters of base64 and turned into a circle; the XOR of
 * the SHA-1 of the 26 windows of 12 letters in it, behind twelve zero bytes. */
#include "bytes.h"
#include "digests.h"
#include "sha1.h"
#include "sha1coin.h"

enum { LETTERS = 26, WINDOW = 12 };

/* The first 26 of base64's letters for 20 bytes: six bits each, the last window of bits is left out. */
static void write_letters(const uint8_t digest[20], uint8_t letters[LETTERS]) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (unsigned i = 0; i < LETTERS; i++) {
        unsigned byte = 6 * i / 8, shift = 10 - 6 * i % 8;
        unsigned two_bytes = (unsigned)digest[byte] << 8 | (byte + 1 < 20 ? digest[byte + 1] : 0u);
        letters[i] = (uint8_t)alphabet[two_bytes >> shift & 63];
    }
}

void powhash_sha1coin(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t digest[20], circle[LETTERS + WINDOW - 1];
    powhash_sha1(in, length, digest);
    write_letters(digest, circle);
    memcpy(circle + LETTERS, circle, WINDOW - 1);
    uint8_t block[64] = {0};
    block[WINDOW] = 0x80;
    store64_be(block + 56, 8 * WINDOW);
    uint32_t sum[5] = {0};
    for (unsigned i = 0; i < LETTERS; i++) {
        uint32_t words[5];
        memcpy(block, circle + i, WINDOW);
        powhash_sha1_begin(words);
        powhash_sha1_block(words, block);
        for (int j = 0; j < 5; j++) sum[j] ^= words[j];
    }
    memset(out, 0, 12);
    for (int j = 0; j < 5; j++) store32_be(out + 12 + 4 * j, sum[j]);
}
