/* Fugue's nonlinear step SMIX with the AES instructions of x86-64; fugue.c defines it. A vector holds the four words,
 * so that row r of the matrix is byte 3 - r of each. */
#include "fugue.h"

#ifdef POWHASH_AES_NI
#include <immintrin.h>

#define TARGET __attribute__((target("aes,sse4.1")))

/* The last AES round moves the rows of its state; moving them back first leaves SubBytes. */
TARGET static inline __m128i substituted(__m128i x) {
    const __m128i rows_back = _mm_setr_epi8(0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3);
    return _mm_aesenclast_si128(_mm_shuffle_epi8(x, rows_back), _mm_setzero_si128());
}

/* Products of all bytes in the field of the AES. */
TARGET static inline __m128i times_2(__m128i x) {
    const __m128i overflow = _mm_cmpgt_epi8(_mm_setzero_si128(), x);
    return _mm_xor_si128(_mm_add_epi8(x, x), _mm_and_si128(overflow, _mm_set1_epi8(0x1b)));
}

TARGET static inline __m128i times_4(__m128i x) {
    const __m128i reductions = _mm_setr_epi8(0, 0x1b, 0x36, 0x2d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m128i overflow = _mm_and_si128(_mm_srli_epi16(x, 6), _mm_set1_epi8(3));
    const __m128i shifted = _mm_and_si128(_mm_slli_epi16(x, 2), _mm_set1_epi8((char)0xfc));
    return _mm_xor_si128(shifted, _mm_shuffle_epi8(reductions, overflow));
}

/* M U for the circulant M of first row 1 4 7 1: a byte takes from the rows below it. */
TARGET static inline __m128i first_product(__m128i u) {
    const __m128i one_below = _mm_setr_epi8(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14);
    const __m128i two_below = _mm_setr_epi8(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    const __m128i three_below = _mm_setr_epi8(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
    const __m128i u4 = times_4(u), u7 = _mm_xor_si128(_mm_xor_si128(times_2(u), u), u4);
    const __m128i ones = _mm_xor_si128(u, _mm_shuffle_epi8(u, three_below));
    return _mm_xor_si128(ones, _mm_xor_si128(_mm_shuffle_epi8(u4, one_below), _mm_shuffle_epi8(u7, two_below)));
}

/* D transposed(M): the sum of a row without its diagonal byte, times 1, 4, 7 or 1 by the column's distance. */
TARGET static inline __m128i second_product(__m128i u) {
    const __m128i diagonal = _mm_setr_epi32((int)0xff000000, 0x00ff0000, 0x0000ff00, 0x000000ff);
    const __m128i where_4 = _mm_setr_epi32(0x00ff0000, 0x0000ff00, 0x000000ff, (int)0xff000000);
    const __m128i where_7 = _mm_setr_epi32(0x0000ff00, 0x000000ff, (int)0xff000000, 0x00ff0000);
    const __m128i others = _mm_andnot_si128(diagonal, u);
    const __m128i pairs = _mm_xor_si128(others, _mm_shuffle_epi32(others, 0x4e));
    const __m128i sums = _mm_xor_si128(pairs, _mm_shuffle_epi32(pairs, 0xb1));
    const __m128i fours = _mm_and_si128(times_4(sums), _mm_or_si128(where_4, where_7));
    const __m128i twos = _mm_and_si128(times_2(sums), where_7);
    return _mm_xor_si128(_mm_xor_si128(_mm_andnot_si128(where_4, sums), twos), fours);
}

TARGET static inline __m128i mixed(__m128i x) {
    const __m128i turned_rows = _mm_setr_epi8(12, 9, 6, 3, 0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15);
    const __m128i u = substituted(x);
    return _mm_shuffle_epi8(_mm_xor_si128(first_product(u), second_product(u)), turned_rows);
}

/* Three words of the state, from `index` on, and zero. */
TARGET static inline __m128i gathered(struct fugue_state *s, unsigned index) {
    return _mm_setr_epi32((int)*fugue_at(s, index), (int)*fugue_at(s, index + 1), (int)*fugue_at(s, index + 2), 0);
}

TARGET static inline __m128i front(struct fugue_state *s) {
    return _mm_insert_epi32(gathered(s, 0), (int)*fugue_at(s, 3), 3);
}

/* The last three words of the vector to three places of the state, from `index` on. */
TARGET static inline void scatter(struct fugue_state *s, unsigned index, __m128i x) {
    *fugue_at(s, index) = (uint32_t)_mm_extract_epi32(x, 1);
    *fugue_at(s, index + 1) = (uint32_t)_mm_extract_epi32(x, 2);
    *fugue_at(s, index + 2) = (uint32_t)_mm_extract_epi32(x, 3);
}

TARGET static inline void set_front(struct fugue_state *s, __m128i x) {
    *fugue_at(s, 0) = (uint32_t)_mm_cvtsi128_si32(x);
    scatter(s, 1, x);
}

TARGET static void mix(struct fugue_state *s) { set_front(s, mixed(front(s))); }

/* The first four words stay in the vector; three at a time leave it. */
TARGET static void turn_and_mix(struct fugue_state *s, int times) {
    __m128i first = front(s);
    for (; times > 0; times--) {
        fugue_turn(s, 3);
        const __m128i turned = _mm_xor_si128(_mm_shuffle_epi32(first, 0x39), gathered(s, 0));
        scatter(s, 4, first);
        for (unsigned i = 0; i < 3; i++) *fugue_at(s, s->size / 2 + i) ^= *fugue_at(s, 4 + i);
        first = mixed(turned);
    }
    set_front(s, first);
}

const struct powhash_fugue powhash_fugue_ni = {mix, turn_and_mix};
#endif
