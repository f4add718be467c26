/* SHAvite-3-512's compression function with the AES instructions of x86-64. */
#include "shavite512.h"

#ifdef POWHASH_AES_NI
#include <immintrin.h>

#define TARGET __attribute__((target("aes,sse4.1")))

enum { KEYS = SHAVITE512_ROUNDS * 8 };

/* Where the counter enters the keys; see add_counter in shavite512.c. */
TARGET static inline __m128i counter_of(int key, uint64_t counter) {
    const int low = (int)(uint32_t)counter, high = (int)(uint32_t)(counter >> 32);
    if (key == 8) return _mm_setr_epi32(low, high, 0, -1);
    if (key == 41) return _mm_setr_epi32(0, 0, high, ~low);
    if (key == 79) return _mm_setr_epi32(0, 0, low, ~high);
    if (key == 110) return _mm_setr_epi32(high, low, 0, -1);
    return _mm_setzero_si128();
}

TARGET static inline void expand(__m128i keys[KEYS], const uint8_t *block, uint64_t counter) {
    for (int i = 0; i < 8; i++) keys[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
    for (int at = 8; at < KEYS; at += 16) {
        for (int i = at; i < at + 8; i++) {
            const __m128i turned = _mm_shuffle_epi32(keys[i - 8], 0x39);
            keys[i] = _mm_xor_si128(_mm_aesenc_si128(turned, counter_of(i, counter)), keys[i - 1]);
        }
        for (int i = at + 8; i < at + 16 && i < KEYS; i++) {
            keys[i] = _mm_xor_si128(keys[i - 8], _mm_alignr_epi8(keys[i - 1], keys[i - 2], 4));
        }
    }
}

TARGET static inline __m128i mix(__m128i left, __m128i right, const __m128i keys[4]) {
    __m128i x = _mm_aesenc_si128(_mm_xor_si128(right, keys[0]), keys[1]);
    x = _mm_aesenc_si128(_mm_aesenc_si128(x, keys[2]), keys[3]);
    return _mm_aesenc_si128(x, left);
}

TARGET void powhash_shavite512_compress_ni(uint32_t chain[16], const uint8_t block[128], uint64_t counter) {
    __m128i *words = (__m128i *)(void *)chain;
    __m128i keys[KEYS];
    expand(keys, block, counter);
    __m128i a = _mm_loadu_si128(words), b = _mm_loadu_si128(words + 1);
    __m128i c = _mm_loadu_si128(words + 2), d = _mm_loadu_si128(words + 3);
    for (int round = 0; round < SHAVITE512_ROUNDS; round++) {
        const __m128i mixed_a = mix(a, b, keys + 8 * round), mixed_c = mix(c, d, keys + 8 * round + 4);
        a = d;
        d = mixed_c;
        c = b;
        b = mixed_a;
    }
    _mm_storeu_si128(words, _mm_xor_si128(_mm_loadu_si128(words), a));
    _mm_storeu_si128(words + 1, _mm_xor_si128(_mm_loadu_si128(words + 1), b));
    _mm_storeu_si128(words + 2, _mm_xor_si128(_mm_loadu_si128(words + 2), c));
    _mm_storeu_si128(words + 3, _mm_xor_si128(_mm_loadu_si128(words + 3), d));
}
#endif
