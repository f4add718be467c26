/* SHA-256's compression function with the SHA extensions of x86-64 (Intel's Instruction Set Reference: SHA256RNDS2,
 * SHA256MSG1, SHA256MSG2). The instructions keep the state as the two vectors ABEF and CDGH, highest word first. */
#include "sha256.h"

#ifdef POWHASH_SHA_NI
#include <immintrin.h>

/* Words 4t..4t+3 of the message schedule from the 16 before them. */
__attribute__((target("sha,sse4.1"))) static inline __m128i schedule(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
    return _mm_sha256msg2_epu32(sum, w3);
}

__attribute__((target("sha,sse4.1"))) static inline void four_rounds(__m128i *abef, __m128i *cdgh, __m128i w, int t) {
    const __m128i *constants = (const __m128i *)(const void *)(powhash_sha256_constants + t);
    __m128i sum = _mm_add_epi32(w, _mm_loadu_si128(constants));
    *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
    *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

__attribute__((target("sha,sse4.1"))) static inline __m128i load(const uint8_t *in) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)in), big_endian);
}

__attribute__((target("sha,sse4.1"))) static void compress(__m128i *abef, __m128i *cdgh, const uint8_t *in) {
    __m128i w0 = load(in), w1 = load(in + 16), w2 = load(in + 32), w3 = load(in + 48);
    const __m128i abef_before = *abef, cdgh_before = *cdgh;
    for (int t = 0; t < 48; t += 16) {
        four_rounds(abef, cdgh, w0, t);
        w0 = schedule(w0, w1, w2, w3);
        four_rounds(abef, cdgh, w1, t + 4);
        w1 = schedule(w1, w2, w3, w0);
        four_rounds(abef, cdgh, w2, t + 8);
        w2 = schedule(w2, w3, w0, w1);
        four_rounds(abef, cdgh, w3, t + 12);
        w3 = schedule(w3, w0, w1, w2);
    }
    four_rounds(abef, cdgh, w0, 48);
    four_rounds(abef, cdgh, w1, 52);
    four_rounds(abef, cdgh, w2, 56);
    four_rounds(abef, cdgh, w3, 60);
    *abef = _mm_add_epi32(*abef, abef_before);
    *cdgh = _mm_add_epi32(*cdgh, cdgh_before);
}

__attribute__((target("sha,sse4.1"))) void powhash_sha256_blocks_ni(uint32_t words[8], const uint8_t *in,
                                                                    size_t blocks) {
    __m128i *state = (__m128i *)(void *)words;
    __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
    for (; blocks > 0; blocks--, in += 64) compress(&abef, &cdgh, in);
    __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128(state + 1, _mm_alignr_epi8(dchg, feba, 8));
}
#endif
