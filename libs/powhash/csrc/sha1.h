/* The pieces of SHA-1 that sha1coin.c uses for messages of one block. */
#ifndef POWHASH_SHA1_H
#define POWHASH_SHA1_H

#include <stdint.h>

/* SHA-1's state before the first block. */
void powhash_sha1_begin(uint32_t words[5]);
void powhash_sha1_block(uint32_t words[5], const uint8_t block[64]);

#endif
