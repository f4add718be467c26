/* FastKDF, the key derivation of NeoScrypt. */
#ifndef POWHASH_FASTKDF_H
#define POWHASH_FASTKDF_H

#include <stddef.h>
#include <stdint.h>

/* Up to 256 bytes from a password and a salt of 1 to 256 bytes each. */
void powhash_fastkdf(const uint8_t *password, size_t password_bytes, const uint8_t *salt, size_t salt_bytes,
                     uint8_t *out, size_t out_bytes);

#endif
