/* JH's permutation with AVX2, for jh512.c. */
#ifndef POWHASH_JH512_H
#define POWHASH_JH512_H

#include <stdint.h>

enum { JH_ROUNDS = 42, JH_SWAPS = 7 };

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_JH_AVX2 1
void powhash_jh512_permute_avx2(uint64_t x[8][2], const uint64_t constants[JH_ROUNDS][4]);
#endif

#endif
