/* scrypt as coins use it: the header is password and salt, one lane, 32 bytes out. */
#ifndef POWHASH_SCRYPT_H
#define POWHASH_SCRYPT_H

#include <stddef.h>
#include <stdint.h>

/* n: a power of two above 1; r: at least 1. 0, or -1 when there is no memory for 128 n r bytes. */
int powhash_scrypt(const uint8_t *in, size_t length, uint64_t n, uint32_t r, uint8_t out[32]);

/* scrypt-jane with ChaCha20/8 and Keccak-512, r = 1, N = 2^(nfactor + 1). 0, or -1 when there is no memory. */
int powhash_scrypt_jane(const uint8_t *in, size_t length, unsigned nfactor, uint8_t out[32]);

#endif
