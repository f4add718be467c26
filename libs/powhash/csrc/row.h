/* Four 32-bit words at once, for Salsa20 and ChaCha20: SSE2 where x86-64 has it, else plain C that compilers turn into
 * the vectors of the machine. */
#ifndef POWHASH_ROW_H
#define POWHASH_ROW_H

#include "bytes.h"

#if defined(__GNUC__) || defined(__clang__)
#define ROW_INLINE static inline __attribute__((always_inline))
#else
#define ROW_INLINE static inline
#endif

#if defined(__SSE2__)
#include <emmintrin.h>

typedef __m128i row;

ROW_INLINE row row_add(row a, row b) { return _mm_add_epi32(a, b); }
ROW_INLINE row row_xor(row a, row b) { return _mm_xor_si128(a, b); }

/* Each word rotated left by n. */
#define row_rotate(a, n) _mm_or_si128(_mm_slli_epi32(a, n), _mm_srli_epi32(a, 32 - (n)))

/* Word i of the result is word i + n mod 4 of the argument. */
#define row_turn(a, n) _mm_shuffle_epi32(a, (0xe4e4 >> (2 * (n))) & 0xff)

ROW_INLINE row row_of(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3) {
    return _mm_set_epi32((int)w3, (int)w2, (int)w1, (int)w0);
}

ROW_INLINE void row_words(row a, uint32_t words[4]) { _mm_storeu_si128((__m128i *)(void *)words, a); }

#else

typedef struct {
    uint32_t word[4];
} row;

ROW_INLINE row row_add(row a, row b) {
    for (int i = 0; i < 4; i++) a.word[i] += b.word[i];
    return a;
}

ROW_INLINE row row_xor(row a, row b) {
    for (int i = 0; i < 4; i++) a.word[i] ^= b.word[i];
    return a;
}

ROW_INLINE row row_rotate(row a, unsigned n) {
    for (int i = 0; i < 4; i++) a.word[i] = rotl32(a.word[i], n);
    return a;
}

ROW_INLINE row row_turn(row a, unsigned n) {
    row turned;
    for (unsigned i = 0; i < 4; i++) turned.word[i] = a.word[(i + n) % 4];
    return turned;
}

ROW_INLINE row row_of(uint32_t w0, uint32_t w1, uint32_t w2, uint32_t w3) {
    const row made = {{w0, w1, w2, w3}};
    return made;
}

ROW_INLINE void row_words(row a, uint32_t words[4]) { memcpy(words, a.word, sizeof a.word); }

#endif

/* 64 bytes: what Salsa20 and ChaCha20 mix. */
struct row_block {
    row rows[4];
};

ROW_INLINE struct row_block row_block_xor(struct row_block a, struct row_block b) {
    for (int i = 0; i < 4; i++) a.rows[i] = row_xor(a.rows[i], b.rows[i]);
    return a;
}

ROW_INLINE struct row_block row_block_add(struct row_block a, struct row_block b) {
    for (int i = 0; i < 4; i++) a.rows[i] = row_add(a.rows[i], b.rows[i]);
    return a;
}

#endif
