/* SHA-256 of SHA-256 of 64 bytes with the SHA extensions of x86-64, two of them at a time: each round waits for the
 * one before it, so a second hash beside the first costs next to nothing. See sha256_ni.c for the instructions. */
#include "merkle.h"

#ifdef POWHASH_SHA_NI
#include <immintrin.h>

#define NI __attribute__((target("sha,sse4.1")))

enum { LANES = 2 };

struct lanes {
    __m128i abef[LANES], cdgh[LANES];
};

/* Four words of message for each lane. */
struct words {
    __m128i of[LANES];
};

NI static inline __m128i constants(int t) {
    return _mm_loadu_si128((const __m128i *)(const void *)(powhash_sha256_constants + t));
}

NI static inline __m128i byte_order(void) { return _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203); }

/* The state before the first block: words 0, 1, 4, 5 and 2, 3, 6, 7 of FIPS 180-4's, highest first. */
NI static inline void begin(struct lanes *s) {
    for (int i = 0; i < LANES; i++) {
        s->abef[i] = _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
        s->cdgh[i] = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
    }
}

NI static inline void four_rounds(struct lanes *s, const struct words *w, int t) {
    const __m128i k = constants(t);
    for (int i = 0; i < LANES; i++) {
        __m128i sum = _mm_add_epi32(w->of[i], k);
        s->cdgh[i] = _mm_sha256rnds2_epu32(s->cdgh[i], s->abef[i], sum);
        s->abef[i] = _mm_sha256rnds2_epu32(s->abef[i], s->cdgh[i], _mm_shuffle_epi32(sum, 0x0e));
    }
}

/* w0 becomes the words that follow the sixteen of w0, w1, w2, w3. */
NI static inline void schedule(struct words *w0, const struct words *w1, const struct words *w2,
                               const struct words *w3) {
    for (int i = 0; i < LANES; i++) {
        __m128i before = _mm_alignr_epi8(w3->of[i], w2->of[i], 4);
        __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0->of[i], w1->of[i]), before);
        w0->of[i] = _mm_sha256msg2_epu32(sum, w3->of[i]);
    }
}

NI static inline void compress(struct lanes *s, struct words w[4]) {
    const struct lanes before = *s;
    for (int t = 0; t < 64; t += 16) {
        for (int q = 0; q < 4; q++) {
            four_rounds(s, &w[q], t + 4 * q);
            if (t < 48) schedule(&w[q], &w[(q + 1) & 3], &w[(q + 2) & 3], &w[(q + 3) & 3]);
        }
    }
    for (int i = 0; i < LANES; i++) {
        s->abef[i] = _mm_add_epi32(s->abef[i], before.abef[i]);
        s->cdgh[i] = _mm_add_epi32(s->cdgh[i], before.cdgh[i]);
    }
}

/* What follows a message of `bytes` bytes that is a multiple of 16: a one, zeros, and its length in bits. */
NI static inline void pad(struct words w[4], int from, int bytes) {
    for (int q = from; q < 4; q++) {
        __m128i quarter = _mm_set_epi32(q == 3 ? 8 * bytes : 0, 0, 0, q == from ? (int)0x80000000 : 0);
        for (int i = 0; i < LANES; i++) w[q].of[i] = quarter;
    }
}

/* The digests as words of the message that is hashed next. */
NI static inline void as_message(const struct lanes *s, struct words w[4]) {
    for (int i = 0; i < LANES; i++) {
        __m128i feba = _mm_shuffle_epi32(s->abef[i], 0x1b);
        __m128i dchg = _mm_shuffle_epi32(s->cdgh[i], 0xb1);
        w[0].of[i] = _mm_blend_epi16(feba, dchg, 0xf0);
        w[1].of[i] = _mm_alignr_epi8(dchg, feba, 8);
    }
}

NI static void hash_two(const uint8_t *const in[LANES], uint8_t *const out[LANES]) {
    const __m128i swap = byte_order();
    struct words w[4];
    struct lanes s;
    for (int q = 0; q < 4; q++) {
        for (int i = 0; i < LANES; i++) {
            w[q].of[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(in[i] + 16 * q)), swap);
        }
    }
    begin(&s);
    compress(&s, w);
    pad(w, 0, MERKLE_PAIR_BYTES);
    compress(&s, w);
    as_message(&s, w);
    pad(w, 2, MERKLE_HASH_BYTES);
    begin(&s);
    compress(&s, w);
    as_message(&s, w);
    for (int i = 0; i < LANES; i++) {
        _mm_storeu_si128((__m128i *)(void *)out[i], _mm_shuffle_epi8(w[0].of[i], swap));
        _mm_storeu_si128((__m128i *)(void *)(out[i] + 16), _mm_shuffle_epi8(w[1].of[i], swap));
    }
}

NI void powhash_sha256d_pairs_ni(const uint8_t *in, size_t pairs, uint8_t *out) {
    for (; pairs > 0; in += LANES * MERKLE_PAIR_BYTES, out += LANES * MERKLE_HASH_BYTES) {
        const size_t second = pairs > 1; /* the last of an odd number is hashed beside itself */
        const uint8_t *const from[LANES] = {in, in + second * MERKLE_PAIR_BYTES};
        uint8_t *const to[LANES] = {out, out + second * MERKLE_HASH_BYTES};
        hash_two(from, to);
        pairs -= 1 + second;
        if (!second) break;
    }
}
#endif
