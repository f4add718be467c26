/* ECHO-512 (Benadjila et al., "SHA-3 Proposal: ECHO", version 2.0, 2010; salt zero). The state is a square of 16
 * words of 128 bits, each of which is an AES state. */
#include "echo512.h"

#include "bytes.h"
#include "digests.h"

/* BIG.SubWords: two AES rounds on every word, the key of the first being the counter, which every word increments. */
static void sub_words(const struct powhash_aes *aes, uint32_t state[16][4], uint64_t *counter) {
    for (int i = 0; i < 16; i++) {
        aes_round(aes, state[i]);
        state[i][0] ^= (uint32_t)*counter;
        state[i][1] ^= (uint32_t)(*counter >> 32);
        aes_round(aes, state[i]);
        ++*counter;
    }
}

/* Twice each of the four bytes, in the field of the AES. */
static uint32_t doubled(uint32_t x) { return ((x & 0x7f7f7f7f) << 1) ^ ((x >> 7) & 0x01010101) * 0x1b; }

/* BIG.ShiftRows and BIG.MixColumns: row r of the square moves r columns to the left, then the AES's matrix
 * multiplies the four words of a column, byte by byte. */
static void mix_columns(uint32_t out[16][4], uint32_t in[16][4]) {
    for (int column = 0; column < 16; column += 4) {
        for (int i = 0; i < 4; i++) {
            const uint32_t a = in[column][i], b = in[(column + 5) & 15][i];
            const uint32_t c = in[(column + 10) & 15][i], d = in[(column + 15) & 15][i];
            const uint32_t all = a ^ b ^ c ^ d;
            out[column][i] = a ^ all ^ doubled(a ^ b);
            out[column + 1][i] = b ^ all ^ doubled(b ^ c);
            out[column + 2][i] = c ^ all ^ doubled(c ^ d);
            out[column + 3][i] = d ^ all ^ doubled(d ^ a);
        }
    }
}

static void compress(uint8_t chain[128], const uint8_t block[128], uint64_t counter) {
    const struct powhash_aes *aes = powhash_aes_tables();
    uint32_t state[16][4], mixed[16][4];
    for (int i = 0; i < 32; i++) {
        state[i / 4][i % 4] = load32_le(chain + 4 * i);
        state[8 + i / 4][i % 4] = load32_le(block + 4 * i);
    }
    for (int round = 0; round < ECHO512_ROUNDS; round++) {
        sub_words(aes, state, &counter);
        mix_columns(mixed, state);
        memcpy(state, mixed, sizeof state);
    }
    for (int i = 0; i < 32; i++) {
        uint32_t folded = state[i / 4][i % 4] ^ state[8 + i / 4][i % 4];
        store32_le(chain + 4 * i, folded ^ load32_le(chain + 4 * i) ^ load32_le(block + 4 * i));
    }
}

static echo512_compress *chosen(void) {
#ifdef POWHASH_AES_NI
    if (has_aes_ni()) return powhash_echo512_compress_ni;
#endif
    return compress;
}

void powhash_echo512(const uint8_t *in, size_t length, uint8_t *out) {
    echo512_compress *const compress_block = chosen();
    const uint64_t bits = (uint64_t)length * 8;
    uint64_t counter = 0;
    uint8_t chain[128] = {0};
    for (int i = 0; i < 8; i++) chain[16 * i + 1] = 512 >> 8; /* the digest's bits, as a number of 128 bits */
    for (; length >= ECHO512_BLOCK; length -= ECHO512_BLOCK, in += ECHO512_BLOCK) {
        counter += 8 * ECHO512_BLOCK;
        compress_block(chain, in, counter);
    }
    uint8_t tail[ECHO512_BLOCK] = {0};
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x80;
    if (length >= 110) { /* no room left for the digest's size and the length */
        compress_block(chain, tail, bits);
        memset(tail, 0, sizeof tail);
        length = 0;
    }
    tail[111] = 512 >> 8;
    store64_le(tail + 112, bits);
    compress_block(chain, tail, length > 0 ? bits : 0);
    memcpy(out, chain, 64);
}
