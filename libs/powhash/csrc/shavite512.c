/* SHAvite-3-512 (Biham and Dunkelman, "The SHAvite-3 Hash Function", tweaked version of 2009; salt zero): a Feistel
 * cipher of 14 rounds over four words of 128 bits in Davies and Meyer's mode. */
#include "shavite512.h"

#include "bytes.h"
#include "digests.h"

/* Words of the round keys: each of the two functions of a round has four keys of four words. */
enum { KEY_WORDS = SHAVITE512_ROUNDS * 2 * 4 * 4 };

/* The compression of the digest's size, 512, on the compression of zeros on zeros. */
static const uint32_t initial[16] = {
    0x72fccdd8, 0x79ca4727, 0x128a077b, 0x40d55aec, 0xd1901a06, 0x430ae307, 0xb29f5cd1, 0xdf07fbfc,
    0x8e45d73d, 0x681ab538, 0xbde86578, 0xdd577e47, 0xe275eade, 0x502d9fcd, 0xb9357178, 0x022a4b9a,
};

/* The counter's four words enter the key at four places, in four orders, the last one inverted. */
static void add_counter(uint32_t keys[KEY_WORDS], int at, uint64_t counter) {
    const uint32_t low = (uint32_t)counter, high = (uint32_t)(counter >> 32);
    uint32_t *key = keys + at;
    if (at == 32) key[0] ^= low, key[1] ^= high, key[3] ^= ~(uint32_t)0;
    if (at == 164) key[2] ^= high, key[3] ^= ~low;
    if (at == 316) key[2] ^= low, key[3] ^= ~high;
    if (at == 440) key[0] ^= high, key[1] ^= low, key[3] ^= ~(uint32_t)0;
}

/* 32 words at a time: eight times an AES round of the four words 32 before, turned by one, then eight times
 * linear. */
static void expand(const struct powhash_aes *aes, uint32_t keys[KEY_WORDS], const uint8_t *block, uint64_t counter) {
    for (int i = 0; i < 32; i++) keys[i] = load32_le(block + 4 * i);
    for (int at = 32; at < KEY_WORDS; at += 4) {
        uint32_t *key = keys + at;
        if (at % 64 >= 32) {
            uint32_t mixed[4] = {key[-31], key[-30], key[-29], key[-32]};
            aes_round(aes, mixed);
            for (int i = 0; i < 4; i++) key[i] = mixed[i] ^ key[i - 4];
            add_counter(keys, at, counter);
        } else {
            for (int i = 0; i < 4; i++) key[i] = key[i - 32] ^ key[i - 7];
        }
    }
}

/* One of the two functions of a round: four AES rounds, their keys before them. */
static void mix(const struct powhash_aes *aes, uint32_t left[4], const uint32_t right[4], const uint32_t *keys) {
    uint32_t x[4];
    memcpy(x, right, sizeof x);
    for (int round = 0; round < 4; round++, keys += 4) {
        for (int i = 0; i < 4; i++) x[i] ^= keys[i];
        aes_round(aes, x);
    }
    for (int i = 0; i < 4; i++) left[i] ^= x[i];
}

static void compress(uint32_t chain[16], const uint8_t block[128], uint64_t counter) {
    const struct powhash_aes *aes = powhash_aes_tables();
    uint32_t keys[KEY_WORDS], state[16];
    expand(aes, keys, block, counter);
    memcpy(state, chain, sizeof state);
    for (int round = 0; round < SHAVITE512_ROUNDS; round++) {
        uint32_t last[4];
        mix(aes, state, state + 4, keys + 32 * round);
        mix(aes, state + 8, state + 12, keys + 32 * round + 16);
        memcpy(last, state + 12, sizeof last);
        memmove(state + 4, state, 48);
        memcpy(state, last, sizeof last);
    }
    for (int i = 0; i < 16; i++) chain[i] ^= state[i];
}

static shavite512_compress *chosen(void) {
#ifdef POWHASH_AES_NI
    if (has_aes_ni()) return powhash_shavite512_compress_ni;
#endif
    return compress;
}

void powhash_shavite512(const uint8_t *in, size_t length, uint8_t *out) {
    shavite512_compress *const compress_block = chosen();
    const uint64_t bits = (uint64_t)length * 8;
    uint64_t counter = 0;
    uint32_t chain[16];
    memcpy(chain, initial, sizeof chain);
    for (; length >= SHAVITE512_BLOCK; length -= SHAVITE512_BLOCK, in += SHAVITE512_BLOCK) {
        counter += 8 * SHAVITE512_BLOCK;
        compress_block(chain, in, counter);
    }
    uint8_t tail[SHAVITE512_BLOCK] = {0};
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x80;
    if (length >= 110) { /* no room left for the length and the digest's size */
        compress_block(chain, tail, bits);
        memset(tail, 0, sizeof tail);
        length = 0;
    }
    store64_le(tail + 110, bits);
    tail[127] = 512 >> 8;
    compress_block(chain, tail, length > 0 ? bits : 0);
    for (int i = 0; i < 16; i++) store32_le(out + 4 * i, chain[i]);
}
