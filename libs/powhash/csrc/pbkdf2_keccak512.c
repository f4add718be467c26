/* PBKDF2-HMAC-Keccak-512 with one iteration, as scrypt-jane uses it. The key's two blocks and the salt are hashed once
 * for all of the output. */
#include "bytes.h"
#include "digests.h"
#include "keccak.h"
#include "pbkdf2.h"

enum { BLOCK = 72, DIGEST = 64 };

static void begin_keyed(struct powhash_keccak_state *state, const uint8_t key[BLOCK], uint8_t pad) {
    uint8_t block[BLOCK];
    for (int i = 0; i < BLOCK; i++) block[i] = key[i] ^ pad;
    powhash_keccak_begin(state, DIGEST);
    powhash_keccak_add(state, block, BLOCK);
}

static void output_block(struct powhash_keccak_state inner, struct powhash_keccak_state outer, uint32_t number,
                         uint8_t out[DIGEST]) {
    uint8_t counter[4], digest[DIGEST];
    store32_be(counter, number);
    powhash_keccak_add(&inner, counter, sizeof counter);
    powhash_keccak_end(&inner, 0x01, digest, DIGEST);
    powhash_keccak_add(&outer, digest, DIGEST);
    powhash_keccak_end(&outer, 0x01, out, DIGEST);
}

void powhash_pbkdf2_keccak512(const uint8_t *password, size_t password_length, const uint8_t *salt,
                              size_t salt_length, uint8_t *out, size_t length) {
    uint8_t key[BLOCK] = {0};
    if (password_length > BLOCK) {
        powhash_keccak512(password, password_length, key);
    } else if (password_length > 0) {
        memcpy(key, password, password_length);
    }
    struct powhash_keccak_state inner, outer;
    begin_keyed(&inner, key, 0x36);
    begin_keyed(&outer, key, 0x5c);
    powhash_keccak_add(&inner, salt, salt_length);
    for (uint32_t number = 1; length > 0; number++) {
        uint8_t block[DIGEST];
        output_block(inner, outer, number, block);
        size_t taken = length < DIGEST ? length : DIGEST;
        memcpy(out, block, taken);
        out += taken;
        length -= taken;
    }
}
