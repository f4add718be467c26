/* HMAC (RFC 2104) over SHA-256. */
#ifndef POWHASH_HMAC_SHA256_H
#define POWHASH_HMAC_SHA256_H

#include <stddef.h>
#include <stdint.h>

/* A key of up to 64 bytes. `out` may be the key. */
void powhash_hmac_sha256(const uint8_t *key, size_t key_length, const uint8_t *in, size_t length, uint8_t out[32]);

#endif
