/* ECHO-512's compression function in the two versions that echo512.c chooses from. */
#ifndef POWHASH_ECHO512_H
#define POWHASH_ECHO512_H

#include <stdint.h>

#include "aes_round.h"

enum { ECHO512_BLOCK = 128, ECHO512_ROUNDS = 10 };

/* `chain`: the 8 words of 16 bytes between the blocks; `counter`: bits of the message up to the end of this block,
 * 0 for a block without any. */
typedef void echo512_compress(uint8_t chain[128], const uint8_t block[128], uint64_t counter);

#ifdef POWHASH_AES_NI
echo512_compress powhash_echo512_compress_ni;
#endif

#endif
