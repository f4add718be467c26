/* SHA-256 piece by piece, for HMAC and PBKDF2. */
#ifndef POWHASH_SHA256_H
#define POWHASH_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct powhash_sha256_state {
    uint32_t words[8];
    uint64_t length;   /* bytes so far */
    uint8_t block[64]; /* the last length % 64 of them */
};

void powhash_sha256_begin(struct powhash_sha256_state *state);
void powhash_sha256_add(struct powhash_sha256_state *state, const uint8_t *in, size_t length);
void powhash_sha256_end(struct powhash_sha256_state *state, uint8_t out[32]);

/* The compression function over whole blocks, with the processor's own instructions. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_SHA_NI 1
void powhash_sha256_blocks_ni(uint32_t words[8], const uint8_t *in, size_t blocks);
#endif

/* The round constants: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
extern const uint32_t powhash_sha256_constants[64];

#endif
