/* The algorithms that are one digest of FIPS 180-4 or Keccak, and the scrypt coins with a fixed N. */
#include <string.h>

#include "digests.h"
#include "registry.h"
#include "scrypt.h"
#include "sha1coin.h"

static void scrypt_of(const uint8_t *in, size_t length, uint64_t n, uint8_t out[32]) {
    if (powhash_scrypt(in, length, n, 1, out) != 0) memset(out, 0xff, 32);
}

static void scrypt(const uint8_t *in, size_t length, uint8_t out[32]) { scrypt_of(in, length, 1024, out); }
static void scrypt_og(const uint8_t *in, size_t length, uint8_t out[32]) { scrypt_of(in, length, 64, out); }

const struct powhash_algorithm powhash_plain_algorithms[] = {
    {"sha256", powhash_sha256d, 0, 0},
    {"scrypt", scrypt, 0, 1},
    {"scrypt-og", scrypt_og, 0, 1},
    {"sha1", powhash_sha1coin, 0, 0},
    {"keccak", powhash_keccak256, 0, 0},
    {NULL, NULL, 0, 0},
};
