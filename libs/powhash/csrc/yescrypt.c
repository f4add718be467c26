/* yescrypt 0.5 with its read-write mode and pwxform, one lane, no extra time (A. Peslyak, "yescrypt, a Password Hashing
 * Competition submission", version 1 of 2014 to 2015). The last step is that of a client in SCRAM (RFC 5802): the
 * digest is the hash of a key that signs "Client Key", or, with the coins that took yescrypt up first, the header. */
#include "yescrypt.h"

#include "digests.h"
#include "double_rounds.h"
#include "hmac_sha256.h"
#include "pbkdf2.h"
#include "scratch.h"
#include "yescrypt_smix.h"

enum { DIGEST = 32 };

/* The memory: two rows to work on, n rows, and behind them the tables. */
static void mix(uint8_t *bytes, const struct powhash_scratch *scratch, uint32_t n, uint32_t r) {
    const size_t blocks = (size_t)2 * r;
    for (size_t i = 0; i < blocks; i++) diagonals_of(bytes + 64 * i, scratch->b + i);
    powhash_yescrypt_smix(scratch->b, scratch->v, scratch->v + n * blocks, n, r);
    for (size_t i = 0; i < blocks; i++) write_diagonals(scratch->b + i, bytes + 64 * i);
}

/* In place of the digest: the hash of what it signs as a key. */
static void sign_as_client(uint8_t digest[DIGEST], const uint8_t *in, size_t length, const char *client_key) {
    uint8_t signature[DIGEST];
    if (client_key != NULL) {
        in = (const uint8_t *)client_key;
        length = strlen(client_key);
    }
    powhash_hmac_sha256(digest, DIGEST, in, length, signature);
    powhash_sha256(signature, sizeof signature, digest);
}

int powhash_yescrypt(const uint8_t *in, size_t length, const struct powhash_yescrypt_settings *settings,
                     uint8_t out[32]) {
    const size_t blocks = (size_t)2 * settings->r, size = 64 * blocks;
    const uint64_t rows = settings->n + (YESCRYPT_TABLES_BLOCKS + blocks - 1) / blocks;
    uint8_t key[DIGEST], *bytes = malloc(size);
    struct powhash_scratch scratch;
    if (bytes == NULL || !powhash_scratch_take(&scratch, rows, blocks)) {
        free(bytes);
        return -1;
    }
    powhash_sha256(in, length, key);
    powhash_pbkdf2_sha256(key, sizeof key, in, length, bytes, size);
    memcpy(key, bytes, sizeof key);
    mix(bytes, &scratch, settings->n, settings->r);
    powhash_pbkdf2_sha256(key, sizeof key, bytes, size, out, DIGEST);
    powhash_scratch_release(&scratch);
    free(bytes);
    sign_as_client(out, in, length, settings->client_key);
    return 0;
}
