/* Chains of digests of 512 bits, as the coins that introduced them define them. */
#include "chains.h"

#include <string.h>

#include "digests.h"

enum { DIGEST_BYTES = 64, HASH_BYTES = 32, TIGER_BYTES = 24 };

typedef void digest512(const uint8_t *in, size_t length, uint8_t *out);

/* x11, x13 and x15 are the first 11, 13 and 15 of these. */
static digest512 *const x15_chain[15] = {
    powhash_blake512,  powhash_bmw512,   powhash_groestl512,  powhash_skein512,   powhash_jh512,
    powhash_keccak512, powhash_luffa512, powhash_cubehash512, powhash_shavite512, powhash_simd512,
    powhash_echo512,   powhash_hamsi512, powhash_fugue512,    powhash_shabal512,  powhash_whirlpool,
};

static digest512 *const c11_chain[11] = {
    powhash_blake512,   powhash_bmw512,   powhash_groestl512, powhash_jh512,
    powhash_keccak512,  powhash_skein512, powhash_luffa512,   powhash_cubehash512,
    powhash_shavite512, powhash_simd512,  powhash_echo512,
};

static digest512 *const nist5_chain[5] = {
    powhash_blake512, powhash_groestl512, powhash_jh512, powhash_keccak512, powhash_skein512,
};

static digest512 *const qubit_chain[5] = {
    powhash_luffa512, powhash_cubehash512, powhash_shavite512, powhash_simd512, powhash_echo512,
};

static digest512 *const shavite3_chain[2] = {powhash_shavite512, powhash_shavite512};

/* By hexadecimal digit of the previous block's hash. */
static digest512 *const x16r_digests[16] = {
    powhash_blake512,   powhash_bmw512,    powhash_groestl512, powhash_jh512,
    powhash_keccak512,  powhash_skein512,  powhash_luffa512,   powhash_cubehash512,
    powhash_shavite512, powhash_simd512,   powhash_echo512,    powhash_hamsi512,
    powhash_fugue512,   powhash_shabal512, powhash_whirlpool,  powhash_sha512,
};

static void run(digest512 *const *chain, size_t count, const uint8_t *in, size_t length, uint8_t *out) {
    uint8_t digests[2][DIGEST_BYTES];
    for (size_t i = 0; i < count; i++) {
        uint8_t *digest = digests[i % 2];
        chain[i](in, length, digest);
        in = digest;
        length = DIGEST_BYTES;
    }
    memcpy(out, in, HASH_BYTES);
}

void powhash_x11(const uint8_t *in, size_t length, uint8_t out[32]) { run(x15_chain, 11, in, length, out); }

void powhash_x13(const uint8_t *in, size_t length, uint8_t out[32]) { run(x15_chain, 13, in, length, out); }

void powhash_x15(const uint8_t *in, size_t length, uint8_t out[32]) { run(x15_chain, 15, in, length, out); }

void powhash_c11(const uint8_t *in, size_t length, uint8_t out[32]) { run(c11_chain, 11, in, length, out); }

void powhash_nist5(const uint8_t *in, size_t length, uint8_t out[32]) { run(nist5_chain, 5, in, length, out); }

void powhash_qubit(const uint8_t *in, size_t length, uint8_t out[32]) { run(qubit_chain, 5, in, length, out); }

void powhash_shavite3(const uint8_t *in, size_t length, uint8_t out[32]) { run(shavite3_chain, 2, in, length, out); }

/* Three of the nine steps depend on a bit of the digest before them. */
void powhash_quark(const uint8_t *in, size_t length, uint8_t out[32]) {
    enum { CHOOSING_BIT = 8 };
    static const struct {
        digest512 *set, *clear;
    } steps[9] = {
        {powhash_blake512, powhash_blake512},   {powhash_bmw512, powhash_bmw512},
        {powhash_groestl512, powhash_skein512}, {powhash_groestl512, powhash_groestl512},
        {powhash_jh512, powhash_jh512},         {powhash_blake512, powhash_bmw512},
        {powhash_keccak512, powhash_keccak512}, {powhash_skein512, powhash_skein512},
        {powhash_keccak512, powhash_jh512},
    };
    uint8_t digests[2][DIGEST_BYTES] = {{0}};
    for (size_t i = 0; i < 9; i++) {
        const uint8_t *before = digests[(i + 1) % 2];
        digest512 *chosen = before[0] & CHOOSING_BIT ? steps[i].set : steps[i].clear;
        chosen(i == 0 ? in : before, i == 0 ? length : DIGEST_BYTES, digests[i % 2]);
    }
    memcpy(out, digests[0], HASH_BYTES);
}

/* The last 16 digits of the previous block's hash as it is displayed, first digit first: header bytes 11 to 4. */
static unsigned x16r_digit(const uint8_t *header, unsigned index) {
    const uint8_t byte = header[11 - index / 2];
    return index % 2 == 0 ? byte >> 4 : byte & 15;
}

void powhash_x16r(const uint8_t *in, size_t length, uint8_t out[32]) {
    digest512 *chain[16];
    for (unsigned i = 0; i < 16; i++) chain[i] = x16r_digests[x16r_digit(in, i)];
    run(chain, 16, in, length, out);
}

/* Tiger's 24 bytes, then zeros to the size of the other digests, go into keccak, luffa and sha512. */
static void after_tiger(digest512 *digest, const uint8_t *in, size_t length, uint8_t *out) {
    uint8_t padded[DIGEST_BYTES] = {0};
    _Static_assert(TIGER_BYTES < sizeof padded, "zeros follow");
    powhash_tiger(in, length, padded);
    digest(padded, sizeof padded, out);
}

static void tiger_keccak512(const uint8_t *in, size_t length, uint8_t *out) {
    after_tiger(powhash_keccak512, in, length, out);
}

static void tiger_luffa512(const uint8_t *in, size_t length, uint8_t *out) {
    after_tiger(powhash_luffa512, in, length, out);
}

static void tiger_sha512(const uint8_t *in, size_t length, uint8_t *out) {
    after_tiger(powhash_sha512, in, length, out);
}

static digest512 *with_tiger(digest512 *digest) {
    if (digest == powhash_keccak512) return tiger_keccak512;
    if (digest == powhash_luffa512) return tiger_luffa512;
    return digest == powhash_sha512 ? tiger_sha512 : digest;
}

void powhash_x16rv2(const uint8_t *in, size_t length, uint8_t out[32]) {
    digest512 *chain[16];
    for (unsigned i = 0; i < 16; i++) chain[i] = with_tiger(x16r_digests[x16r_digit(in, i)]);
    run(chain, 16, in, length, out);
}
