/* Hamsi-512 (Küçük, "The Hash Function Hamsi", second-round version of 2010): blocks of 64 bits, expanded by a linear
 * code to as many words as the chaining value has, go through a permutation of 4 rows of 8 words. */
#include "hamsi512.h"

#include <pthread.h>

#include "bytes.h"
#include "digests.h"

/* The permutation's constants, row by row; those of the last block come by replacing every half. */
static const uint32_t constants[32] = {
    0xff00f0f0, 0xccccaaaa, 0xf0f0cccc, 0xff00aaaa, 0xccccaaaa, 0xf0f0ff00, 0xaaaacccc, 0xf0f0ff00,
    0xf0f0cccc, 0xaaaaff00, 0xccccff00, 0xaaaaf0f0, 0xaaaaf0f0, 0xff00cccc, 0xccccf0f0, 0xff00aaaa,
    0xccccaaaa, 0xff00f0f0, 0xff00aaaa, 0xf0f0cccc, 0xf0f0ff00, 0xccccaaaa, 0xf0f0ff00, 0xaaaacccc,
    0xaaaaff00, 0xf0f0cccc, 0xaaaaf0f0, 0xccccff00, 0xff00cccc, 0xaaaaf0f0, 0xff00aaaa, 0xccccf0f0,
};

enum { ROUNDS = 6, LAST_ROUNDS = 12 };

/* What every half byte of a block adds to the expanded message. */
static uint32_t expansion[16][16][16];
static uint32_t last_constants[32];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static uint32_t last_half(uint32_t half) {
    return half == 0xff00 ? 0xcaf9 : half == 0xf0f0 ? 0x639c : half == 0xcccc ? 0x0ff0 : 0xf9c0;
}

static void make_tables(void) {
    for (int i = 0; i < 32; i++) {
        last_constants[i] = last_half(constants[i] >> 16) << 16 | last_half(constants[i] & 0xffff);
    }
    for (int nibble = 0; nibble < 16; nibble++) {
        for (int value = 1; value < 16; value++) {
            for (int word = 0; word < 16; word++) {
                uint32_t sum = 0;
                for (int bit = 0; bit < 4; bit++) {
                    if (value >> bit & 1) sum ^= powhash_hamsi512_code[4 * nibble + bit][word];
                }
                expansion[nibble][value][word] = sum;
            }
        }
    }
}

static void expand(uint32_t message[16], const uint8_t block[8]) {
    memset(message, 0, 64);
    for (int i = 0; i < 8; i++) {
        const uint32_t *low = expansion[2 * i][block[i] & 15], *high = expansion[2 * i + 1][block[i] >> 4];
        for (int word = 0; word < 16; word++) message[word] ^= low[word] ^ high[word];
    }
}

/* Serpent's S-box S2 on the 32 columns of bits of four words, in Osvik's sequence of instructions. */
static inline void substitute(uint32_t *s, int column) {
    uint32_t a = s[column], b = s[8 + column], c = s[16 + column], d = s[24 + column];
    uint32_t t = a;
    a &= c, a ^= d, c ^= b, c ^= a;
    d |= t, d ^= b, t ^= c, b = d;
    d |= t, d ^= a, a &= b, t ^= a;
    b ^= d, b ^= t;
    s[column] = c, s[8 + column] = d, s[16 + column] = b, s[24 + column] = ~t;
}

/* Serpent's linear transformation of four words. */
static inline void diffuse(uint32_t *s, int i, int j, int k, int l) {
    uint32_t a = rotl32(s[i], 13), b = s[j], c = rotl32(s[k], 3), d = s[l];
    b = rotl32(b ^ a ^ c, 1);
    d = rotl32(d ^ c ^ (a << 3), 7);
    s[i] = rotl32(a ^ b ^ d, 5);
    s[j] = b;
    s[k] = rotl32(c ^ d ^ (b << 7), 22);
    s[l] = d;
}

static void permute(uint32_t s[32], const uint32_t alpha[32], uint32_t rounds) {
    for (uint32_t round = 0; round < rounds; round++) {
        for (int i = 0; i < 32; i++) s[i] ^= alpha[i];
        s[1] ^= round;
        for (int column = 0; column < 8; column++) substitute(s, column);
        for (int i = 0; i < 8; i++) diffuse(s, i, 8 + ((i + 1) & 7), 16 + ((i + 2) & 7), 24 + ((i + 3) & 7));
        diffuse(s, 0, 2, 5, 7);
        diffuse(s, 16, 19, 21, 22);
        diffuse(s, 9, 11, 12, 14);
        diffuse(s, 25, 26, 28, 31);
    }
}

/* Message and chaining value interleave in pairs of words, the lower two rows the other way round; the first and the
 * third row go back into the chaining value. */
static void compress(uint32_t chain[16], const uint32_t message[16], const uint32_t alpha[32], uint32_t rounds) {
    uint32_t s[32];
    for (int i = 0; i < 32; i++) {
        const int word = (i / 4) * 2 + (i & 1);
        const int from_chain = ((i >> 1) ^ (i >> 3)) & 1;
        s[i] = from_chain ? chain[word] : message[word];
    }
    permute(s, alpha, rounds);
    for (int i = 0; i < 8; i++) {
        chain[i] ^= s[i];
        chain[8 + i] ^= s[16 + i];
    }
}

static hamsi512_compress *chosen(void) {
#ifdef POWHASH_HAMSI512_AVX2
    if (__builtin_cpu_supports("avx2")) return powhash_hamsi512_compress_avx2;
#endif
    return compress;
}

void powhash_hamsi512(const uint8_t *in, size_t length, uint8_t *out) {
    (void)pthread_once(&made, make_tables);
    hamsi512_compress *const compress_block = chosen();
    /* The initial value is the address of the author's department, less the letters other sizes begin with. */
    static const char address[] = "steelpark Arenberg 10, bus 2446, B-3001 Leuven-Heverlee, Belgium";
    uint32_t chain[16], message[16];
    for (int i = 0; i < 16; i++) chain[i] = load32_be((const uint8_t *)address + 4 * i);
    uint8_t last[8], tail[8] = {0};
    store64_be(last, (uint64_t)length * 8);
    for (; length >= 8; length -= 8, in += 8) {
        expand(message, in);
        compress_block(chain, message, constants, ROUNDS);
    }
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x80;
    expand(message, tail);
    compress_block(chain, message, constants, ROUNDS);
    expand(message, last);
    compress_block(chain, message, last_constants, LAST_ROUNDS);
    for (int i = 0; i < 16; i++) store32_be(out + 4 * i, chain[i]);
}
