/* SIMD-512's compression function with AVX2: a vector holds one word of all eight lanes. */
#include "simd512.h"

#ifdef POWHASH_SIMD512_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

struct vectors {
    __m256i a, b, c, d;
};

TARGET static inline __m256i load(const void *in) { return _mm256_loadu_si256((const __m256i *)in); }

TARGET static inline __m256i rotated(__m256i x, int n) {
    return _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - n));
}

/* Lane j of step i takes from lane j ^ mask, the masks being 1, 6, 2, 3, 5, 7, 4 in turn. */
TARGET static inline __m256i exchanged(__m256i x, int number) {
    static const uint32_t lanes[7][8] = {
        {1, 0, 3, 2, 5, 4, 7, 6}, {6, 7, 4, 5, 2, 3, 0, 1}, {2, 3, 0, 1, 6, 7, 4, 5}, {3, 2, 1, 0, 7, 6, 5, 4},
        {5, 4, 7, 6, 1, 0, 3, 2}, {7, 6, 5, 4, 3, 2, 1, 0}, {4, 5, 6, 7, 0, 1, 2, 3},
    };
    return _mm256_permutevar8x32_epi32(x, load(lanes[number % 7]));
}

TARGET static inline void step(struct vectors *v, __m256i choice, __m256i words, int number, int turn, int turn_sum) {
    const __m256i turned = rotated(v->a, turn);
    const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(v->d, words), choice);
    v->a = _mm256_add_epi32(rotated(sum, turn_sum), exchanged(turned, number));
    v->d = v->c;
    v->c = v->b;
    v->b = turned;
}

/* Of the bits of b and c, those that a chooses. */
TARGET static inline __m256i chosen(const struct vectors *v) {
    return _mm256_xor_si256(_mm256_and_si256(_mm256_xor_si256(v->b, v->c), v->a), v->c);
}

TARGET static inline __m256i majority(const struct vectors *v) {
    const __m256i either = _mm256_or_si256(v->a, v->b), both = _mm256_and_si256(v->a, v->b);
    return _mm256_or_si256(both, _mm256_and_si256(either, v->c));
}

TARGET static inline void four_steps(struct vectors *v, uint32_t words[32][8], int first, const int turns[4]) {
    for (int i = first; i < first + 4; i++) {
        const __m256i choice = first % 8 < 4 ? chosen(v) : majority(v);
        step(v, choice, load(words[simd512_order[i]]), i, turns[i % 4], turns[(i + 1) % 4]);
    }
}

TARGET static inline void round_of_steps(struct vectors *v, uint32_t words[32][8], int first, const int turns[4]) {
    four_steps(v, words, first, turns);
    four_steps(v, words, first + 4, turns);
}

TARGET static inline void add_chain(struct vectors *v, const struct vectors *before) {
    step(v, chosen(v), before->a, SIMD512_STEPS, 4, 13);
    step(v, chosen(v), before->b, SIMD512_STEPS + 1, 13, 10);
    step(v, chosen(v), before->c, SIMD512_STEPS + 2, 10, 25);
    step(v, chosen(v), before->d, SIMD512_STEPS + 3, 25, 4);
}

TARGET static inline __m256i with_block(__m256i x, const uint8_t *block) { return _mm256_xor_si256(x, load(block)); }

TARGET void powhash_simd512_compress_avx2(uint32_t state[32], const uint8_t block[128], int is_last,
                                          const struct simd512_powers *powers) {
    static const int turns[4][4] = {{3, 23, 17, 27}, {28, 19, 22, 7}, {29, 9, 15, 5}, {4, 13, 10, 25}};
    uint32_t words[32][8];
    simd512_expand(words, block, is_last, powers);
    const struct vectors before = {load(state), load(state + 8), load(state + 16), load(state + 24)};
    struct vectors v = {with_block(before.a, block), with_block(before.b, block + 32),
                        with_block(before.c, block + 64), with_block(before.d, block + 96)};
    round_of_steps(&v, words, 0, turns[0]);
    round_of_steps(&v, words, 8, turns[1]);
    round_of_steps(&v, words, 16, turns[2]);
    round_of_steps(&v, words, 24, turns[3]);
    add_chain(&v, &before);
    _mm256_storeu_si256((__m256i *)(void *)state, v.a);
    _mm256_storeu_si256((__m256i *)(void *)(state + 8), v.b);
    _mm256_storeu_si256((__m256i *)(void *)(state + 16), v.c);
    _mm256_storeu_si256((__m256i *)(void *)(state + 24), v.d);
}
#endif
