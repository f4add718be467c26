/* One step of pwxform, the mixing of yescrypt and yespower (A. Peslyak, "yescrypt, a Password Hashing Competition
 * submission", version 1 of 2014 to 2015): over a row of two numbers of 64 bits. */
#ifndef POWHASH_PWXFORM_H
#define POWHASH_PWXFORM_H

#include "row.h"

ROW_INLINE row pwxform_table_row(const uint8_t *place) {
    row found;
    memcpy(&found, place, sizeof found);
    return found;
}

#if defined(__SSE2__)

ROW_INLINE uint64_t pwxform_first_number(row x) {
#if defined(__x86_64__)
    return (uint64_t)_mm_cvtsi128_si64(x);
#else
    uint64_t number;
    _mm_storel_epi64((__m128i *)(void *)&number, x);
    return number;
#endif
}

/* Of each number: the product of its halves, plus the first row, without carry plus the second. */
ROW_INLINE row pwxform_numbers(row x, row first, row second) {
    row product = _mm_mul_epu32(_mm_srli_epi64(x, 32), x);
    return _mm_xor_si128(_mm_add_epi64(product, first), second);
}

#else

ROW_INLINE uint64_t pwxform_number(row x, int i) { return x.word[2 * i] | ((uint64_t)x.word[2 * i + 1] << 32); }
ROW_INLINE uint64_t pwxform_first_number(row x) { return pwxform_number(x, 0); }

ROW_INLINE row pwxform_numbers(row x, row first, row second) {
    for (int i = 0; i < 2; i++) {
        uint64_t product = (uint64_t)x.word[2 * i] * x.word[2 * i + 1];
        uint64_t number = (product + pwxform_number(first, i)) ^ pwxform_number(second, i);
        x.word[2 * i] = (uint32_t)number;
        x.word[2 * i + 1] = (uint32_t)(number >> 32);
    }
    return x;
}

#endif

#endif
