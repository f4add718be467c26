/* What the two versions of SIMD-512's compression function share: the message expansion, whose loops compilers turn
 * into vectors of the processor they compile for. */
#ifndef POWHASH_SIMD512_H
#define POWHASH_SIMD512_H

#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_SIMD512_AVX2 1
#define SIMD512_INLINE static inline __attribute__((always_inline))
#else
#define SIMD512_INLINE static inline
#endif

enum { SIMD512_BLOCK = 128, SIMD512_LANES = 8, SIMD512_STEPS = 32 };

/* Powers of 41, of order 256 modulo 257, between -128 and 128. */
struct simd512_powers {
    int16_t root[8];       /* of 41^16, the root of the transforms of 16 points */
    int16_t twist[16][16]; /* 41^(row * column) */
    int16_t bias[2][256];  /* the transform of x^255, and for the last block of x^255 + x^253 */
};

typedef void simd512_compress(uint32_t state[32], const uint8_t block[128], int is_last,
                              const struct simd512_powers *powers);

#ifdef POWHASH_SIMD512_AVX2
simd512_compress powhash_simd512_compress_avx2;
#endif

/* A number of 16 bits to a small congruent one modulo 257, as 256 is -1; from -129 to 127 where |x| is up to 128. */
SIMD512_INLINE int16_t simd512_small(int16_t x) {
    const int16_t shifted = (int16_t)(x + 128);
    return (int16_t)((shifted & 255) - (shifted >> 8) - 128);
}

/* The 16 transforms of 16 points of the columns; row k of the result is the row whose number is k's bits reversed. */
SIMD512_INLINE void simd512_transform(int16_t rows[16][16], const int16_t root[8]) {
    for (int half = 8; half > 0; half /= 2) {
        for (int first = 0; first < 16; first += 2 * half) {
            for (int i = 0; i < half; i++) {
                int16_t *x = rows[first + i], *y = rows[first + i + half];
                const int16_t power = root[i * 8 / half];
                for (int lane = 0; lane < 16; lane++) {
                    const int16_t difference = simd512_small((int16_t)(x[lane] - y[lane]));
                    x[lane] = (int16_t)(x[lane] + y[lane]);
                    y[lane] = simd512_small((int16_t)(difference * power));
                }
            }
        }
    }
}

/* The number-theoretic transform of the block's bytes and 128 zeros, between -128 and 128: as 16 x 16 points, columns
 * first. Sums stay below 2^13 without reduction. */
SIMD512_INLINE void simd512_points(int16_t points[16][16], const uint8_t block[128], int is_last,
                                   const struct simd512_powers *powers) {
    static const uint8_t reversed[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
    int16_t rows[16][16], columns[16][16];
    for (int i = 0; i < 256; i++) rows[i / 16][i % 16] = i < 128 ? block[i] : 0;
    simd512_transform(rows, powers->root);
    for (int row = 0; row < 16; row++) {
        int16_t *from = rows[reversed[row]];
        for (int i = 0; i < 16; i++) {
            from[i] = simd512_small((int16_t)(simd512_small(from[i]) * powers->twist[row][i]));
        }
    }
    for (int row = 0; row < 16; row++) {
        for (int i = 0; i < 16; i++) columns[row][i] = rows[reversed[i]][row];
    }
    simd512_transform(columns, powers->root);
    for (int row = 0; row < 16; row++) {
        for (int i = 0; i < 16; i++) {
            int16_t x = (int16_t)(columns[reversed[row]][i] + powers->bias[is_last][16 * row + i]);
            x = simd512_small(simd512_small(x));
            points[row][i] = (int16_t)(x < -128 ? x + 257 : x);
        }
    }
}

/* The words of the 32 steps, before the specification's permutation of them: two points each, times 185 in the
 * first 16 steps, times 233 in the rest. */
SIMD512_INLINE void simd512_expand(uint32_t words[32][8], const uint8_t block[128], int is_last,
                                   const struct simd512_powers *powers) {
    int16_t points[16][16];
    simd512_points(points, block, is_last, powers);
    for (int i = 0; i < 16; i++) {
        for (int lane = 0; lane < 8; lane++) {
            const uint16_t even = (uint16_t)(points[i][2 * lane] * 185);
            const uint16_t odd = (uint16_t)(points[i][2 * lane + 1] * 185);
            words[i][lane] = even | (uint32_t)odd << 16;
        }
    }
    for (int i = 0; i < 8; i++) {
        for (int lane = 0; lane < 8; lane++) {
            const uint16_t even = (uint16_t)(points[i][2 * lane] * 233);
            const uint16_t odd = (uint16_t)(points[i][2 * lane + 1] * 233);
            const uint16_t even_far = (uint16_t)(points[i + 8][2 * lane] * 233);
            const uint16_t odd_far = (uint16_t)(points[i + 8][2 * lane + 1] * 233);
            words[16 + i][lane] = even | (uint32_t)even_far << 16;
            words[24 + i][lane] = odd | (uint32_t)odd_far << 16;
        }
    }
}

/* Which of the expanded words each step takes. */
static const uint8_t simd512_order[SIMD512_STEPS] = {
    4,  6,  0,  2,  7,  5,  3,  1,  15, 11, 12, 8,  9,  13, 10, 14,
    17, 18, 23, 20, 22, 21, 16, 19, 30, 24, 25, 31, 27, 29, 28, 26,
};

#endif
