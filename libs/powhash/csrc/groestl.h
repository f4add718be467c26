/* What groestl.c asks of the two ways to run its permutations: groestl_tables.c and groestl_ni.c. */
#ifndef POWHASH_GROESTL_H
#define POWHASH_GROESTL_H

#include <stddef.h>
#include <stdint.h>

#include "aes_round.h"

enum { GROESTL_MAX_STATE = 128 };

/* The chaining value's form is each way's own; it begins as zeros and `start`. */
struct groestl {
    size_t block; /* bytes of a block and of the state: 128 for Groestl-512, 64 for Groestl-256 */
    void (*start)(uint8_t chain[GROESTL_MAX_STATE]);
    void (*absorb)(uint8_t chain[GROESTL_MAX_STATE], const uint8_t *blocks, size_t count);
    void (*finish)(const uint8_t chain[GROESTL_MAX_STATE], uint8_t *out); /* half a block */
};

extern const struct groestl powhash_groestl512_tables, powhash_groestl256_tables;

#ifdef POWHASH_AES_NI
extern const struct groestl powhash_groestl512_ni, powhash_groestl256_ni;
#endif

#endif
