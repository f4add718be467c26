/* yespower 1.0 (A. Peslyak, "yespower", 2018): what yescrypt became for coins. */
#include "yespower.h"

#include "digests.h"
#include "double_rounds.h"
#include "hmac_sha256.h"
#include "pbkdf2.h"
#include "scratch.h"
#include "yespower_smix.h"

enum { DIGEST = 32, BLOCK = 64, GIVEN_BYTES = 2 * BLOCK };

/* The bytes of the first two blocks become those of the last. The memory: two rows to work on, n rows, the tables. */
static void mix(uint8_t bytes[GIVEN_BYTES], const struct powhash_scratch *scratch, uint32_t n, uint32_t r) {
    const size_t blocks = (size_t)2 * r;
    diagonals_of(bytes, scratch->b);
    diagonals_of(bytes + BLOCK, scratch->b + 1);
    powhash_yespower_smix(scratch->b, scratch->v, scratch->v + n * blocks, n, r);
    write_diagonals(scratch->b + blocks - 1, bytes + BLOCK);
}

int powhash_yespower(const uint8_t *in, size_t length, const struct powhash_yespower_settings *settings,
                     uint8_t out[32]) {
    const char *personality = settings->personality == NULL ? "" : settings->personality;
    const size_t blocks = (size_t)2 * settings->r;
    const uint64_t rows = settings->n + (YESPOWER_TABLES_BLOCKS + blocks - 1) / blocks;
    uint8_t key[DIGEST], bytes[GIVEN_BYTES];
    struct powhash_scratch scratch;
    if (!powhash_scratch_take(&scratch, rows, blocks)) return -1;
    powhash_sha256(in, length, key);
    powhash_pbkdf2_sha256(key, sizeof key, (const uint8_t *)personality, strlen(personality), bytes, sizeof bytes);
    memcpy(key, bytes, sizeof key);
    mix(bytes, &scratch, settings->n, settings->r);
    powhash_hmac_sha256(bytes + BLOCK, BLOCK, key, sizeof key, out);
    powhash_scratch_release(&scratch);
    return 0;
}
