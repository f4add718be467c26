/* CubeHash's rounds with AVX2, for cubehash.c. */
#ifndef POWHASH_CUBEHASH_H
#define POWHASH_CUBEHASH_H

#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_CUBEHASH_AVX2 1
void powhash_cubehash_rounds_avx2(uint32_t state[32], int count);
#endif

#endif
