/* Hamsi-512's compression function with AVX2: a vector holds one of the four rows of eight words. */
#include "hamsi512.h"

#ifdef POWHASH_HAMSI512_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

struct rows {
    __m256i a, b, c, d;
};

TARGET static inline __m256i load(const void *in) { return _mm256_loadu_si256((const __m256i *)in); }

TARGET static inline __m256i xor3(__m256i x, __m256i y, __m256i z) {
    return _mm256_xor_si256(_mm256_xor_si256(x, y), z);
}

TARGET static inline __m256i rotated(__m256i x, int n) {
    return _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - n));
}

/* Serpent's S-box S2 in Osvik's sequence of instructions. */
TARGET static inline void substitute(struct rows *s) {
    __m256i a = s->a, b = s->b, c = s->c, d = s->d, t = s->a;
    a = _mm256_xor_si256(_mm256_and_si256(a, c), d);
    c = xor3(c, b, a);
    d = _mm256_xor_si256(_mm256_or_si256(d, t), b);
    t = _mm256_xor_si256(t, c);
    b = d;
    d = _mm256_xor_si256(_mm256_or_si256(d, t), a);
    a = _mm256_and_si256(a, b);
    t = _mm256_xor_si256(t, a);
    s->a = c;
    s->b = d;
    s->c = xor3(b, d, t);
    s->d = _mm256_xor_si256(t, _mm256_set1_epi32(-1));
}

/* Serpent's linear transformation, of the words of every lane. */
TARGET static inline void diffuse(struct rows *s) {
    const __m256i a = rotated(s->a, 13), c = rotated(s->c, 3);
    s->b = rotated(xor3(s->b, a, c), 1);
    s->d = rotated(xor3(s->d, c, _mm256_slli_epi32(a, 3)), 7);
    s->a = rotated(xor3(a, s->b, s->d), 5);
    s->c = rotated(xor3(c, s->d, _mm256_slli_epi32(s->b, 7)), 22);
}

TARGET static inline void transpose(struct rows *s) {
    const __m256i ab_low = _mm256_unpacklo_epi32(s->a, s->b), ab_high = _mm256_unpackhi_epi32(s->a, s->b);
    const __m256i cd_low = _mm256_unpacklo_epi32(s->c, s->d), cd_high = _mm256_unpackhi_epi32(s->c, s->d);
    s->a = _mm256_unpacklo_epi64(ab_low, cd_low);
    s->b = _mm256_unpackhi_epi64(ab_low, cd_low);
    s->c = _mm256_unpacklo_epi64(ab_high, cd_high);
    s->d = _mm256_unpackhi_epi64(ab_high, cd_high);
}

TARGET static inline __m256i moved(__m256i x, const uint32_t from[8]) {
    return _mm256_permutevar8x32_epi32(x, load(from));
}

TARGET static inline __m256i joined(__m256i low, __m256i high) { return _mm256_blend_epi32(low, high, 0xf0); }

/* Along the diagonals: the lanes of row r turn by r. */
TARGET static inline void diffuse_diagonals(struct rows *s) {
    static const uint32_t turn[3][8] = {
        {1, 2, 3, 4, 5, 6, 7, 0}, {2, 3, 4, 5, 6, 7, 0, 1}, {3, 4, 5, 6, 7, 0, 1, 2},
    };
    s->b = moved(s->b, turn[0]);
    s->c = moved(s->c, turn[1]);
    s->d = moved(s->d, turn[2]);
    diffuse(s);
}

/* Along the rows, four words of each, after diffuse_diagonals. They move to the lower halves of their vectors, which
 * are transposed to be transformed at once; all words go to their columns at last. */
TARGET static inline void diffuse_rows(struct rows *s) {
    static const uint32_t out[4][8] = {
        {0, 2, 5, 7, 1, 3, 4, 6}, {0, 2, 3, 5, 7, 1, 4, 6}, {6, 1, 3, 4, 7, 0, 2, 5}, {6, 7, 1, 4, 5, 0, 2, 3},
    };
    static const uint32_t back[4][8] = {
        {0, 4, 1, 5, 6, 2, 7, 3}, {4, 0, 5, 1, 2, 6, 3, 7}, {0, 4, 5, 1, 6, 2, 3, 7}, {4, 0, 1, 5, 2, 6, 7, 3},
    };
    const struct rows before = {moved(s->a, out[0]), moved(s->b, out[1]), moved(s->c, out[2]), moved(s->d, out[3])};
    struct rows four = before;
    transpose(&four);
    diffuse(&four);
    transpose(&four);
    s->a = moved(joined(four.a, before.a), back[0]);
    s->b = moved(joined(four.b, before.b), back[1]);
    s->c = moved(joined(four.c, before.c), back[2]);
    s->d = moved(joined(four.d, before.d), back[3]);
}

TARGET static inline void permute(struct rows *s, const uint32_t constants[32], uint32_t rounds) {
    const struct rows k = {load(constants), load(constants + 8), load(constants + 16), load(constants + 24)};
    for (uint32_t round = 0; round < rounds; round++) {
        s->a = xor3(s->a, k.a, _mm256_setr_epi32(0, (int)round, 0, 0, 0, 0, 0, 0));
        s->b = _mm256_xor_si256(s->b, k.b);
        s->c = _mm256_xor_si256(s->c, k.c);
        s->d = _mm256_xor_si256(s->d, k.d);
        substitute(s);
        diffuse_diagonals(s);
        diffuse_rows(s);
    }
}

/* Pairs of words of one and of the other by turns: the upper or the lower half of both. */
TARGET static inline __m256i interleaved_low(__m256i x, __m256i y) {
    return _mm256_unpacklo_epi64(_mm256_permute4x64_epi64(x, 0xd8), _mm256_permute4x64_epi64(y, 0xd8));
}

TARGET static inline __m256i interleaved_high(__m256i x, __m256i y) {
    return _mm256_unpackhi_epi64(_mm256_permute4x64_epi64(x, 0xd8), _mm256_permute4x64_epi64(y, 0xd8));
}

TARGET void powhash_hamsi512_compress_avx2(uint32_t chain[16], const uint32_t message[16],
                                           const uint32_t constants[32], uint32_t rounds) {
    const __m256i chain_low = load(chain), chain_high = load(chain + 8);
    const __m256i low = load(message), high = load(message + 8);
    struct rows s = {interleaved_low(low, chain_low), interleaved_high(chain_low, low),
                     interleaved_low(high, chain_high), interleaved_high(chain_high, high)};
    permute(&s, constants, rounds);
    _mm256_storeu_si256((__m256i *)(void *)chain, _mm256_xor_si256(chain_low, s.a));
    _mm256_storeu_si256((__m256i *)(void *)(chain + 8), _mm256_xor_si256(chain_high, s.c));
}
#endif
