/* Digests one after the other, each of the one before: the first 32 bytes of the last are the hash. */
#ifndef POWHASH_CHAINS_H
#define POWHASH_CHAINS_H

#include <stddef.h>
#include <stdint.h>

void powhash_x11(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_x13(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_x15(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_c11(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_nist5(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_qubit(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_quark(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_shavite3(const uint8_t *in, size_t length, uint8_t out[32]);

/* Of a block header, whose bytes 4 to 11 give the order: `length` is at least 12. */
void powhash_x16r(const uint8_t *in, size_t length, uint8_t out[32]);
void powhash_x16rv2(const uint8_t *in, size_t length, uint8_t out[32]);

#endif
