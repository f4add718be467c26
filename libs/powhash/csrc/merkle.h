/* The merkle branch of a block's coinbase: what each of its levels is hashed with on the way to the root. */
#ifndef POWHASH_MERKLE_H
#define POWHASH_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

enum { MERKLE_HASH_BYTES = 32, MERKLE_PAIR_BYTES = 64, MERKLE_MAX_STEPS = 64 };

/* `level` holds the ids of all transactions but the coinbase, and has place for one more; it is used up. Writes the
 * steps, lowest first, to `steps`; tells how many. */
size_t powhash_merkle_branch(uint8_t *level, size_t count, uint8_t steps[MERKLE_MAX_STEPS * MERKLE_HASH_BYTES]);

/* SHA-256 of SHA-256 of each pair of hashes. `out` may be `in` or lie before it. */
void powhash_sha256d_pairs(const uint8_t *in, size_t pairs, uint8_t *out);

#ifdef POWHASH_SHA_NI
void powhash_sha256d_pairs_ni(const uint8_t *in, size_t pairs, uint8_t *out);
#endif

#endif
