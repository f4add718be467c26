/* Tiger (Anderson and Biham, "Tiger: A Fast New Hash Function", FSE 1996), 192 bits, three passes, the original
 * padding that begins with the byte 0x01. */
#include <pthread.h>

#include "bytes.h"
#include "digests.h"

enum { BLOCK = 64, BOX_PASSES = 5 };

static uint64_t boxes[4][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static const uint64_t initial[3] = {0x0123456789abcdef, 0xfedcba9876543210, 0xf096a5b4c3b2e187};

static inline unsigned byte_of(uint64_t word, int index) { return (unsigned)(word >> (8 * index)) & 255; }

static inline void one_round(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t x, uint64_t multiplier) {
    *c ^= x;
    *a -= boxes[0][byte_of(*c, 0)] ^ boxes[1][byte_of(*c, 2)] ^ boxes[2][byte_of(*c, 4)] ^ boxes[3][byte_of(*c, 6)];
    *b += boxes[3][byte_of(*c, 1)] ^ boxes[2][byte_of(*c, 3)] ^ boxes[1][byte_of(*c, 5)] ^ boxes[0][byte_of(*c, 7)];
    *b *= multiplier;
}

/* Eight rounds, after which the names of the three words have moved by two places. */
static inline void pass(uint64_t *a, uint64_t *b, uint64_t *c, const uint64_t x[8], uint64_t multiplier) {
    one_round(a, b, c, x[0], multiplier);
    one_round(b, c, a, x[1], multiplier);
    one_round(c, a, b, x[2], multiplier);
    one_round(a, b, c, x[3], multiplier);
    one_round(b, c, a, x[4], multiplier);
    one_round(c, a, b, x[5], multiplier);
    one_round(a, b, c, x[6], multiplier);
    one_round(b, c, a, x[7], multiplier);
}

static inline void schedule(uint64_t x[8]) {
    x[0] -= x[7] ^ 0xa5a5a5a5a5a5a5a5;
    x[1] ^= x[0];
    x[2] += x[1];
    x[3] -= x[2] ^ (~x[1] << 19);
    x[4] ^= x[3];
    x[5] += x[4];
    x[6] -= x[5] ^ (~x[4] >> 23);
    x[7] ^= x[6];
    x[0] += x[7];
    x[1] -= x[0] ^ (~x[7] << 19);
    x[2] ^= x[1];
    x[3] += x[2];
    x[4] -= x[3] ^ (~x[2] >> 23);
    x[5] ^= x[4];
    x[6] += x[5];
    x[7] -= x[6] ^ 0x0123456789abcdef;
}

static void compress(uint64_t state[3], const uint8_t *block) {
    uint64_t a = state[0], b = state[1], c = state[2], x[8];
    for (int i = 0; i < 8; i++) x[i] = load64_le(block + 8 * i);
    pass(&a, &b, &c, x, 5);
    schedule(x);
    pass(&c, &a, &b, x, 7);
    schedule(x);
    pass(&b, &c, &a, x, 9);
    state[0] ^= a;
    state[1] = b - state[1];
    state[2] += c;
}

static void swap_bytes(uint64_t *a, uint64_t *b, int index) {
    const uint64_t difference = (uint64_t)(byte_of(*a, index) ^ byte_of(*b, index)) << (8 * index);
    *a ^= difference;
    *b ^= difference;
}

/* The authors' program for the S-boxes: columns of bytes begin as 0 to 255, and the hash function itself, with the
 * boxes as they are so far, says which bytes change places. */
static void make_boxes(void) {
    static const char text[] = "Tiger - A Fast New Hash Function, by Ross Anderson and Eli Biham";
    uint64_t state[3] = {initial[0], initial[1], initial[2]};
    for (int i = 0; i < 4 * 256; i++) boxes[i / 256][i % 256] = 0x0101010101010101 * (uint64_t)(i % 256);
    int word = 2;
    for (int step = 0; step < BOX_PASSES * 256 * 4; step++) {
        uint64_t *box = boxes[step % 4];
        const int entry = step / 4 % 256;
        if (++word == 3) {
            word = 0;
            compress(state, (const uint8_t *)text);
        }
        for (int i = 0; i < 8; i++) swap_bytes(&box[entry], &box[byte_of(state[word], i)], i);
    }
}

void powhash_tiger(const uint8_t *in, size_t length, uint8_t *out) {
    (void)pthread_once(&made, make_boxes);
    uint64_t state[3] = {initial[0], initial[1], initial[2]};
    const uint64_t bits = (uint64_t)length * 8;
    for (; length >= BLOCK; length -= BLOCK, in += BLOCK) compress(state, in);
    uint8_t tail[2 * BLOCK] = {0};
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x01;
    const size_t padded = length < 56 ? BLOCK : 2 * BLOCK;
    store64_le(tail + padded - 8, bits);
    for (size_t at = 0; at < padded; at += BLOCK) compress(state, tail + at);
    for (int i = 0; i < 3; i++) store64_le(out + 8 * i, state[i]);
}
