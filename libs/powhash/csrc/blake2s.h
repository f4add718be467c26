/* BLAKE2s of one short message with a key, as NeoScrypt's key derivation calls it. */
#ifndef POWHASH_BLAKE2S_H
#define POWHASH_BLAKE2S_H

#include <stdint.h>

/* 32 bytes of a message of 64 bytes and a key of 32. */
void powhash_blake2s_keyed(const uint8_t message[64], const uint8_t key[32], uint8_t out[32]);

#endif
