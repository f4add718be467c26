/* HMAC-SHA-256 of one message (RFC 2104, FIPS 180-4). */
#include "hmac_sha256.h"

#include "sha256.h"

enum { DIGEST = 32, BLOCK = 64 };

static void keyed(const uint8_t *key, size_t key_length, uint8_t pad, const uint8_t *in, size_t length,
                  uint8_t out[DIGEST]) {
    uint8_t block[BLOCK];
    struct powhash_sha256_state state;
    for (size_t i = 0; i < BLOCK; i++) block[i] = (uint8_t)((i < key_length ? key[i] : 0) ^ pad);
    powhash_sha256_begin(&state);
    powhash_sha256_add(&state, block, sizeof block);
    powhash_sha256_add(&state, in, length);
    powhash_sha256_end(&state, out);
}

void powhash_hmac_sha256(const uint8_t *key, size_t key_length, const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t inner[DIGEST];
    keyed(key, key_length, 0x36, in, length, inner);
    keyed(key, key_length, 0x5c, inner, sizeof inner, out);
}
