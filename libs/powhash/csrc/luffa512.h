/* Luffa's state and constants, for the two ways to run its permutations: luffa512.c and luffa512_avx2.c. */
#ifndef POWHASH_LUFFA512_H
#define POWHASH_LUFFA512_H

#include <stdint.h>

enum { LUFFA_LANES = 5, LUFFA_STRIDE = 8, LUFFA_STEPS = 8 };

/* [word][permutation]; lanes 5 to 7 are idle and hold anything. */
typedef uint32_t luffa_state[8][LUFFA_STRIDE];

/* What each step adds to words 0 and 4 of each permutation. */
extern const uint32_t powhash_luffa_constants[LUFFA_STEPS][2][LUFFA_STRIDE];

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_LUFFA_AVX2 1
void powhash_luffa512_absorb_avx2(luffa_state state, const uint32_t message[8]);
#endif

#endif
