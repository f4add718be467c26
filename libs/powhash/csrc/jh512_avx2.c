/* JH's permutation, each slice of 128 bits a vector. AVX2 stands for instructions with three operands and the shuffle
 * of bytes; what is done is what jh512.c does on halves. */
#include "jh512.h"

#ifdef POWHASH_JH_AVX2
#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))

TARGET static inline __m128i load(const uint64_t in[2]) { return _mm_loadu_si128((const __m128i *)(const void *)in); }
TARGET static inline __m128i add(__m128i a, __m128i b) { return _mm_xor_si128(a, b); }
TARGET static inline __m128i both(__m128i a, __m128i b) { return _mm_and_si128(a, b); }
TARGET static inline __m128i without(__m128i a, __m128i b) { return _mm_andnot_si128(b, a); }

/* Slices i, i + 2, i + 4 and i + 6 through the S-box that the constant chooses. */
TARGET static inline void sbox(__m128i x[8], int i, __m128i constant) {
    __m128i a = x[i], b = x[i + 2], c = x[i + 4], d = add(x[i + 6], _mm_set1_epi32(-1));
    a = add(a, without(constant, c));
    const __m128i t = add(constant, both(a, b));
    a = add(a, both(c, d));
    d = add(d, without(c, b));
    b = add(b, both(a, c));
    c = add(c, without(a, d));
    a = add(a, _mm_or_si128(b, d));
    d = add(d, both(b, c));
    b = add(b, both(t, a));
    c = add(c, t);
    x[i] = a;
    x[i + 2] = b;
    x[i + 4] = c;
    x[i + 6] = d;
}

TARGET static inline void substitute(__m128i x[8], const uint64_t constants[4]) {
    sbox(x, 0, load(constants));
    sbox(x, 1, load(constants + 2));
    x[1] = add(x[1], x[2]);
    x[3] = add(x[3], x[4]);
    x[5] = add(x[5], add(x[0], x[6]));
    x[7] = add(x[7], x[0]);
    x[0] = add(x[0], x[3]);
    x[2] = add(x[2], x[5]);
    x[4] = add(x[4], add(x[1], x[7]));
    x[6] = add(x[6], x[1]);
}

/* Groups of `n` neighbouring bits of the odd slices change places. */
#define SWAP_BITS(x, n, mask)                                                                        \
    for (int slice = 1; slice < 8; slice += 2)                                                       \
        x[slice] = _mm_or_si128(both(_mm_srli_epi64(x[slice], n), _mm_set1_epi8(mask)),              \
                                _mm_slli_epi64(both(x[slice], _mm_set1_epi8(mask)), n))
#define SWAP_BYTES(x, order) \
    for (int slice = 1; slice < 8; slice += 2) x[slice] = _mm_shuffle_epi8(x[slice], order)
#define SWAP_WORDS(x, order) \
    for (int slice = 1; slice < 8; slice += 2) x[slice] = _mm_shuffle_epi32(x[slice], order)

TARGET void powhash_jh512_permute_avx2(uint64_t state[8][2], const uint64_t constants[JH_ROUNDS][4]) {
    const __m128i bytes = _mm_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    const __m128i pairs = _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    __m128i x[8];
    for (int i = 0; i < 8; i++) x[i] = load(state[i]);
    for (int round = 0; round < JH_ROUNDS; round += JH_SWAPS) {
        substitute(x, constants[round]);
        SWAP_BITS(x, 1, 0x55);
        substitute(x, constants[round + 1]);
        SWAP_BITS(x, 2, 0x33);
        substitute(x, constants[round + 2]);
        SWAP_BITS(x, 4, 0x0f);
        substitute(x, constants[round + 3]);
        SWAP_BYTES(x, bytes);
        substitute(x, constants[round + 4]);
        SWAP_BYTES(x, pairs);
        substitute(x, constants[round + 5]);
        SWAP_WORDS(x, 0xb1);
        substitute(x, constants[round + 6]);
        SWAP_WORDS(x, 0x4e);
    }
    for (int i = 0; i < 8; i++) _mm_storeu_si128((__m128i *)(void *)state[i], x[i]);
}
#endif
