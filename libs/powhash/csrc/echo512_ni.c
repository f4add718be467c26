/* ECHO-512's compression function with the AES instructions of x86-64: AESENC is one AES round and the key after. */
#include "echo512.h"

#ifdef POWHASH_AES_NI
#include <immintrin.h>

#define TARGET __attribute__((target("aes,sse4.1")))

TARGET static inline __m128i load(const uint8_t *in) { return _mm_loadu_si128((const __m128i *)(const void *)in); }

/* Twice each byte, in the field of the AES. */
TARGET static inline __m128i doubled(__m128i x) {
    const __m128i overflow = _mm_cmpgt_epi8(_mm_setzero_si128(), x);
    return _mm_xor_si128(_mm_add_epi8(x, x), _mm_and_si128(overflow, _mm_set1_epi8(0x1b)));
}

TARGET static inline void sub_words(__m128i state[16], uint64_t counter) {
    for (unsigned i = 0; i < 16; i++) {
        const __m128i key = _mm_set_epi64x(0, (long long)(counter + i));
        state[i] = _mm_aesenc_si128(_mm_aesenc_si128(state[i], key), _mm_setzero_si128());
    }
}

TARGET static inline void mix_column(__m128i out[4], __m128i a, __m128i b, __m128i c, __m128i d) {
    const __m128i ab = _mm_xor_si128(a, b), bc = _mm_xor_si128(b, c), cd = _mm_xor_si128(c, d);
    const __m128i doubled_ab = doubled(ab), doubled_bc = doubled(bc), doubled_cd = doubled(cd);
    const __m128i doubled_da = _mm_xor_si128(_mm_xor_si128(doubled_ab, doubled_bc), doubled_cd);
    out[0] = _mm_xor_si128(_mm_xor_si128(b, cd), doubled_ab);
    out[1] = _mm_xor_si128(_mm_xor_si128(a, cd), doubled_bc);
    out[2] = _mm_xor_si128(_mm_xor_si128(ab, d), doubled_cd);
    out[3] = _mm_xor_si128(_mm_xor_si128(ab, c), doubled_da);
}

TARGET void powhash_echo512_compress_ni(uint8_t chain[128], const uint8_t block[128], uint64_t counter) {
    __m128i state[16], mixed[16];
    for (int i = 0; i < 8; i++) {
        state[i] = load(chain + 16 * i);
        state[8 + i] = load(block + 16 * i);
    }
    for (int round = 0; round < ECHO512_ROUNDS; round++, counter += 16) {
        sub_words(state, counter);
        mix_column(mixed, state[0], state[5], state[10], state[15]);
        mix_column(mixed + 4, state[4], state[9], state[14], state[3]);
        mix_column(mixed + 8, state[8], state[13], state[2], state[7]);
        mix_column(mixed + 12, state[12], state[1], state[6], state[11]);
        for (int i = 0; i < 16; i++) state[i] = mixed[i];
    }
    for (int i = 0; i < 8; i++) {
        const __m128i before = _mm_xor_si128(load(chain + 16 * i), load(block + 16 * i));
        const __m128i folded = _mm_xor_si128(state[i], state[8 + i]);
        _mm_storeu_si128((__m128i *)(void *)(chain + 16 * i), _mm_xor_si128(before, folded));
    }
}
#endif
