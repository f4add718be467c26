/* Luffa-512's round with AVX2: each vector is one word of all five permutations, three lanes idle. */
#include "luffa512.h"

#ifdef POWHASH_LUFFA_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

TARGET static inline __m256i load(const uint32_t *in) { return _mm256_loadu_si256((const __m256i *)(const void *)in); }
TARGET static inline void store(uint32_t *out, __m256i x) { _mm256_storeu_si256((__m256i *)(void *)out, x); }
TARGET static inline __m256i add(__m256i a, __m256i b) { return _mm256_xor_si256(a, b); }

/* x turned left by n bits, plus y in GF(2). */
#define ROTATED_XOR(x, n, y) add(add(_mm256_slli_epi32(x, n), y), _mm256_srli_epi32(x, 32 - (n)))

/* Times 2 in the ring of message injection. */
TARGET static inline void twice(__m256i w[8]) {
    const __m256i top = w[7];
    for (int i = 7; i > 0; i--) w[i] = w[i - 1];
    w[0] = top;
    w[1] = add(w[1], top);
    w[3] = add(w[3], top);
    w[4] = add(w[4], top);
}

/* Every lane becomes the sum of lanes 0 to 4. */
TARGET static inline __m256i lanes_sum(__m256i x) {
    x = _mm256_and_si256(x, _mm256_setr_epi32(-1, -1, -1, -1, -1, 0, 0, 0));
    x = add(x, _mm256_permute4x64_epi64(x, 0x4e));
    x = add(x, _mm256_shuffle_epi32(x, 0x4e));
    return add(x, _mm256_shuffle_epi32(x, 0xb1));
}

/* Every permutation becomes twice itself and its neighbour. */
TARGET static inline void add_neighbour(__m256i v[8], __m256i neighbour) {
    __m256i doubled[8];
    for (int i = 0; i < 8; i++) doubled[i] = v[i];
    twice(doubled);
    for (int i = 0; i < 8; i++) v[i] = add(doubled[i], _mm256_permutevar8x32_epi32(v[i], neighbour));
}

/* The message doubled j times goes to permutation j. */
TARGET static inline void add_message(__m256i v[8], const uint32_t message[8]) {
    uint32_t m[12], lanes[8][LUFFA_STRIDE] = {{0}};
    for (int i = 0; i < 8; i++) m[4 + i] = message[i];
    for (int lane = 0; lane < LUFFA_LANES; lane++) {
        uint32_t *w = m + 4 - lane; /* word i of the doubled message; a doubling moves every word one up */
        for (int i = 0; i < 8; i++) lanes[i][lane] = w[i];
        if (lane == LUFFA_LANES - 1) break;
        const uint32_t top = w[7];
        w[-1] = top;
        w[0] ^= top;
        w[2] ^= top;
        w[3] ^= top;
    }
    for (int i = 0; i < 8; i++) v[i] = add(v[i], load(lanes[i]));
}

TARGET static inline void inject(__m256i v[8], const uint32_t message[8]) {
    __m256i sum[8];
    for (int i = 0; i < 8; i++) sum[i] = lanes_sum(v[i]);
    twice(sum);
    for (int i = 0; i < 8; i++) v[i] = add(v[i], sum[i]);
    add_neighbour(v, _mm256_setr_epi32(1, 2, 3, 4, 0, 5, 6, 7));
    add_neighbour(v, _mm256_setr_epi32(4, 0, 1, 2, 3, 5, 6, 7));
    add_message(v, message);
}

TARGET static inline void sub_crumb(__m256i *a0, __m256i *a1, __m256i *a2, __m256i *a3) {
    const __m256i ones = _mm256_set1_epi32(-1);
    __m256i t = *a0, x = *a0, y = *a1, z = *a2, w = *a3;
    x = _mm256_or_si256(x, y);
    z = add(z, w);
    y = add(y, ones);
    x = add(x, w);
    w = _mm256_and_si256(w, t);
    y = add(y, w);
    w = add(w, z);
    z = _mm256_and_si256(z, x);
    x = add(x, ones);
    z = add(z, y);
    y = _mm256_or_si256(y, w);
    t = add(t, y);
    w = add(w, z);
    z = _mm256_and_si256(z, y);
    y = add(y, x);
    *a0 = t;
    *a1 = y;
    *a2 = z;
    *a3 = w;
}

TARGET static inline void mix_word(__m256i *u, __m256i *v) {
    *v = add(*v, *u);
    *u = ROTATED_XOR(*u, 2, *v);
    *v = ROTATED_XOR(*v, 14, *u);
    *u = ROTATED_XOR(*u, 10, *v);
    *v = _mm256_or_si256(_mm256_add_epi32(*v, *v), _mm256_srli_epi32(*v, 31));
}

TARGET static inline void permute(__m256i v[8]) {
    const __m256i left = _mm256_setr_epi32(0, 1, 2, 3, 4, 0, 0, 0);
    const __m256i right = _mm256_sub_epi32(_mm256_set1_epi32(32), left);
    for (int i = 4; i < 8; i++)
        v[i] = _mm256_or_si256(_mm256_sllv_epi32(v[i], left), _mm256_srlv_epi32(v[i], right));
    for (int step = 0; step < LUFFA_STEPS; step++) {
        sub_crumb(&v[0], &v[1], &v[2], &v[3]);
        sub_crumb(&v[5], &v[6], &v[7], &v[4]);
        for (int i = 0; i < 4; i++) mix_word(&v[i], &v[4 + i]);
        v[0] = add(v[0], load(powhash_luffa_constants[step][0]));
        v[4] = add(v[4], load(powhash_luffa_constants[step][1]));
    }
}

TARGET void powhash_luffa512_absorb_avx2(luffa_state state, const uint32_t message[8]) {
    __m256i v[8];
    for (int i = 0; i < 8; i++) v[i] = load(state[i]);
    inject(v, message);
    permute(v);
    for (int i = 0; i < 8; i++) store(state[i], v[i]);
}
#endif
