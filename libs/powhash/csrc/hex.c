/* Hexadecimal digits to bytes, sixteen digits at a time where there is SSE2, which every x86-64 has. */
#include "hex.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static int digit(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    letter |= 0x20; /* upper case to lower */
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

#ifdef __SSE2__
/* All ones in each byte that is at most `most`. */
static inline __m128i at_most(__m128i bytes, char most) {
    return _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(most)), bytes);
}

/* Bytes of as many digits as make whole vectors; how many, or less where something is no digit. */
static size_t unhex_vectors(const uint8_t *digits, size_t bytes, uint8_t *out) {
    size_t done = 0;
    for (; bytes - done >= 8; done += 8) {
        const __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(digits + 2 * done));
        const __m128i numbers = _mm_sub_epi8(text, _mm_set1_epi8('0'));
        const __m128i letters = _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
        const __m128i is_number = at_most(numbers, 9), is_letter = at_most(letters, 5);
        if (_mm_movemask_epi8(_mm_or_si128(is_number, is_letter)) != 0xffff) break;
        const __m128i of_letters = _mm_and_si128(_mm_add_epi8(letters, _mm_set1_epi8(10)), is_letter);
        const __m128i values = _mm_or_si128(_mm_and_si128(numbers, is_number), of_letters);
        /* the first digit of a byte is the lower half of its word, and worth sixteen times as much */
        const __m128i high = _mm_slli_epi16(_mm_and_si128(values, _mm_set1_epi16(0xff)), 4);
        const __m128i words = _mm_or_si128(high, _mm_srli_epi16(values, 8));
        _mm_storel_epi64((__m128i *)(void *)(out + done), _mm_packus_epi16(words, words));
    }
    return done;
}
#else
static size_t unhex_vectors(const uint8_t *digits, size_t bytes, uint8_t *out) {
    (void)digits, (void)bytes, (void)out;
    return 0;
}
#endif

int powhash_unhex(const uint8_t *digits, size_t bytes, uint8_t *out) {
    for (size_t done = unhex_vectors(digits, bytes, out); done < bytes; done++) {
        const int high = digit(digits[2 * done]), low = digit(digits[2 * done + 1]);
        if (high < 0 || low < 0) return 0;
        out[done] = (uint8_t)(high << 4 | low);
    }
    return 1;
}
