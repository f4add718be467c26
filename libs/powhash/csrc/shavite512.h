/* SHAvite-3-512's compression function in the two versions that shavite512.c chooses from. */
#ifndef POWHASH_SHAVITE512_H
#define POWHASH_SHAVITE512_H

#include <stdint.h>

#include "aes_round.h"

enum { SHAVITE512_BLOCK = 128, SHAVITE512_ROUNDS = 14 };

/* `counter`: bits of the message up to the end of this block, 0 for a block without any. */
typedef void shavite512_compress(uint32_t chain[16], const uint8_t block[128], uint64_t counter);

#ifdef POWHASH_AES_NI
shavite512_compress powhash_shavite512_compress_ni;
#endif

#endif
