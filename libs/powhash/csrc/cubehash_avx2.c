/* CubeHash's rounds on eight words at a time. Words 00000 to 01111 are vectors a and b, 10000 to 11111 are c and d. */
#include "cubehash.h"

#ifdef POWHASH_CUBEHASH_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

TARGET static inline __m256i load(const uint32_t *in) { return _mm256_loadu_si256((const __m256i *)(const void *)in); }
TARGET static inline void store(uint32_t *out, __m256i x) { _mm256_storeu_si256((__m256i *)(void *)out, x); }

/* x turned left by n bits, plus y in GF(2). */
#define ROTATED_XOR(x, n, y) \
    _mm256_xor_si256(_mm256_xor_si256(_mm256_slli_epi32(x, n), y), _mm256_srli_epi32(x, 32 - (n)))

TARGET void powhash_cubehash_rounds_avx2(uint32_t state[32], int count) {
    __m256i a = load(state), b = load(state + 8), c = load(state + 16), d = load(state + 24);
    for (int i = 0; i < count; i++) {
        c = _mm256_add_epi32(c, a);
        d = _mm256_add_epi32(d, b);
        __m256i e = ROTATED_XOR(b, 7, c), f = ROTATED_XOR(a, 7, d);
        c = _mm256_add_epi32(_mm256_shuffle_epi32(c, 0x4e), e);
        d = _mm256_add_epi32(_mm256_shuffle_epi32(d, 0x4e), f);
        e = _mm256_permute4x64_epi64(e, 0x4e);
        f = _mm256_permute4x64_epi64(f, 0x4e);
        a = ROTATED_XOR(e, 11, c);
        b = ROTATED_XOR(f, 11, d);
        c = _mm256_shuffle_epi32(c, 0xb1);
        d = _mm256_shuffle_epi32(d, 0xb1);
    }
    store(state, a);
    store(state + 8, b);
    store(state + 16, c);
    store(state + 24, d);
}
#endif
