/* PBKDF2-HMAC-SHA-256 with one iteration. The key's two blocks and the salt are hashed once for all of the output. */
#include "bytes.h"
#include "digests.h"
#include "pbkdf2.h"
#include "sha256.h"

enum { BLOCK = 64, DIGEST = 32 };

static void begin_keyed(struct powhash_sha256_state *state, const uint8_t key[BLOCK], uint8_t pad) {
    uint8_t block[BLOCK];
    for (int i = 0; i < BLOCK; i++) block[i] = key[i] ^ pad;
    powhash_sha256_begin(state);
    powhash_sha256_add(state, block, BLOCK);
}

static void output_block(struct powhash_sha256_state inner, struct powhash_sha256_state outer, uint32_t number,
                         uint8_t out[DIGEST]) {
    uint8_t counter[4], digest[DIGEST];
    store32_be(counter, number);
    powhash_sha256_add(&inner, counter, sizeof counter);
    powhash_sha256_end(&inner, digest);
    powhash_sha256_add(&outer, digest, DIGEST);
    powhash_sha256_end(&outer, out);
}

void powhash_pbkdf2_sha256(const uint8_t *password, size_t password_length, const uint8_t *salt, size_t salt_length,
                           uint8_t *out, size_t length) {
    uint8_t key[BLOCK] = {0};
    if (password_length > BLOCK) {
        powhash_sha256(password, password_length, key);
    } else if (password_length > 0) {
        memcpy(key, password, password_length);
    }
    struct powhash_sha256_state inner, outer;
    begin_keyed(&inner, key, 0x36);
    begin_keyed(&outer, key, 0x5c);
    powhash_sha256_add(&inner, salt, salt_length);
    for (uint32_t number = 1; length > 0; number++) {
        uint8_t block[DIGEST];
        output_block(inner, outer, number, block);
        size_t taken = length < DIGEST ? length : DIGEST;
        memcpy(out, block, taken);
        out += taken;
        length -= taken;
    }
}
