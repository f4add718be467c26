/* Parts of Hamsi-512 that have files of their own. */
#ifndef POWHASH_HAMSI512_H
#define POWHASH_HAMSI512_H

#include <stdint.h>

extern const uint32_t powhash_hamsi512_code[64][16];

/* `message`: the expanded block; `constants`: the permutation's 4 rows of 8 words. */
typedef void hamsi512_compress(uint32_t chain[16], const uint32_t message[16], const uint32_t constants[32],
                               uint32_t rounds);

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_HAMSI512_AVX2 1
hamsi512_compress powhash_hamsi512_compress_avx2;
#endif

#endif
