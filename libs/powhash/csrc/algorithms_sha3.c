/* The algorithms made of one or two digests of SHA-3's candidates, and the Lyra2RE family. */
#include "digests.h"
#include "lyra2.h"
#include "registry.h"

#include <string.h>

static void skein(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t wide[64];
    powhash_skein512(in, length, wide);
    powhash_sha256(wide, sizeof wide, out);
}

static void groestl(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t wide[64];
    powhash_groestl512(in, length, wide);
    powhash_groestl512(wide, sizeof wide, wide);
    memcpy(out, wide, 32);
}

static void groestlmyriad(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t wide[64];
    powhash_groestl512(in, length, wide);
    powhash_sha256(wide, sizeof wide, out);
}

static const struct lyra2 first_version = {.rows = 8, .columns = 8, .loses_parameters = 1};
static const struct lyra2 second_version = {.rows = 4, .columns = 4};
static const struct lyra2 third_version = {.rows = 4, .columns = 4, .is_chained = 1};

static void lyra2re(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t a[32], b[32];
    powhash_blake256(in, length, a);
    powhash_keccak256(a, 32, b);
    powhash_lyra2(&first_version, b, a);
    powhash_skein256(a, 32, b);
    powhash_groestl256(b, 32, out);
}

static void lyra2rev2(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t a[32], b[32];
    powhash_blake256(in, length, a);
    powhash_keccak256(a, 32, b);
    powhash_cubehash256(b, 32, a);
    powhash_lyra2(&second_version, a, b);
    powhash_skein256(b, 32, a);
    powhash_cubehash256(a, 32, b);
    powhash_bmw256(b, 32, out);
}

static void lyra2rev3(const uint8_t *in, size_t length, uint8_t out[32]) {
    uint8_t a[32], b[32];
    powhash_blake256(in, length, a);
    powhash_lyra2(&third_version, a, b);
    powhash_cubehash256(b, 32, a);
    powhash_lyra2(&third_version, a, b);
    powhash_bmw256(b, 32, out);
}

const struct powhash_algorithm powhash_single_algorithms[] = {
    {"skein", skein, 0, 0},
    {"groestl", groestl, 0, 0},
    {"groestlmyriad", groestlmyriad, 0, 0},
    {"blake", powhash_blake256r8, 0, 0},
    {"lyra2re", lyra2re, 0, 0},
    {"lyra2rev2", lyra2rev2, 0, 0},
    {"lyra2rev3", lyra2rev3, 0, 0},
    {NULL, NULL, 0, 0},
};
