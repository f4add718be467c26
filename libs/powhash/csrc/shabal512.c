/* Shabal-512 (Canteaut et al., "Shabal, a Submission to NIST's Cryptographic Hash Algorithm Competition", 2008) with
 * the parameters (p, r) = (3, 12). */
#include <pthread.h>

#include "bytes.h"
#include "digests.h"

enum { BLOCK = 64, STEPS = 48, LAST_PERMUTATIONS = 3 };

struct state {
    uint32_t a[12], b[16], c[16];
    uint64_t counter; /* of the blocks, from 1 */
};

/* After the two blocks that hold the digest's size. */
static struct state initial;
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* A keyed permutation of A and B, its keys C and the block. `a`: 12 words of A before and 48 that follow them. */
static void permute(struct state *s, const uint32_t m[16]) {
    uint32_t a[12 + STEPS], b[16 + STEPS];
    memcpy(a, s->a, sizeof s->a);
    for (int i = 0; i < 16; i++) b[i] = rotl32(s->b[i], 17);
    for (int i = 0; i < STEPS; i++) {
        const uint32_t mixed = a[i] ^ rotl32(a[i + 11], 15) * 5 ^ s->c[(8 - i) & 15];
        a[i + 12] = mixed * 3 ^ b[i + 13] ^ (b[i + 9] & ~b[i + 6]) ^ m[i & 15];
        b[i + 16] = ~(rotl32(b[i], 1) ^ a[i + 12]);
    }
    memcpy(s->a, a + STEPS, sizeof s->a);
    memcpy(s->b, b + STEPS, sizeof s->b);
    for (int i = 0; i < 36; i++) s->a[i % 12] += s->c[(i + 3) & 15];
}

static void swap_b_and_c(struct state *s) {
    uint32_t b[16];
    memcpy(b, s->b, sizeof b);
    memcpy(s->b, s->c, sizeof b);
    memcpy(s->c, b, sizeof b);
}

static void mix_counter(struct state *s) {
    s->a[0] ^= (uint32_t)s->counter;
    s->a[1] ^= (uint32_t)(s->counter >> 32);
}

/* Adds a block, and leaves the state before what follows a block: the last block is followed by something else. */
static void add_block(struct state *s, const uint32_t m[16]) {
    for (int i = 0; i < 16; i++) s->b[i] += m[i];
    mix_counter(s);
    permute(s, m);
}

static void end_block(struct state *s, const uint32_t m[16]) {
    for (int i = 0; i < 16; i++) s->c[i] -= m[i];
    swap_b_and_c(s);
    s->counter++;
}

static void make_initial(void) {
    initial.counter = ~(uint64_t)0;
    for (uint32_t first = 0; first < 32; first += 16) {
        uint32_t m[16];
        for (uint32_t i = 0; i < 16; i++) m[i] = 512 + first + i;
        add_block(&initial, m);
        end_block(&initial, m);
    }
}

static void load_block(uint32_t m[16], const uint8_t *in) {
    for (int i = 0; i < 16; i++) m[i] = load32_le(in + 4 * i);
}

void powhash_shabal512(const uint8_t *in, size_t length, uint8_t *out) {
    (void)pthread_once(&made, make_initial);
    struct state s = initial;
    uint32_t m[16];
    for (; length >= BLOCK; length -= BLOCK, in += BLOCK) {
        load_block(m, in);
        add_block(&s, m);
        end_block(&s, m);
    }
    uint8_t tail[BLOCK] = {0};
    if (length > 0) memcpy(tail, in, length);
    tail[length] = 0x80;
    load_block(m, tail);
    add_block(&s, m);
    for (int i = 0; i < LAST_PERMUTATIONS; i++) {
        swap_b_and_c(&s);
        mix_counter(&s);
        permute(&s, m);
    }
    for (int i = 0; i < 16; i++) store32_le(out + 4 * i, s.b[i]);
}
