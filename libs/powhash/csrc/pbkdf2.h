/* PBKDF2 (RFC 8018) of one iteration over HMAC (RFC 2104), where password and salt come as scrypt gives them. */
#ifndef POWHASH_PBKDF2_H
#define POWHASH_PBKDF2_H

#include <stddef.h>
#include <stdint.h>

void powhash_pbkdf2_sha256(const uint8_t *password, size_t password_length, const uint8_t *salt, size_t salt_length,
                           uint8_t *out, size_t length);
/* HMAC over Keccak-512 with the original padding. */
void powhash_pbkdf2_keccak512(const uint8_t *password, size_t password_length, const uint8_t *salt,
                              size_t salt_length, uint8_t *out, size_t length);

#endif
