/* Keccak (The Keccak reference, version 3.0, and FIPS 202): Keccak-256 and Keccak-512 as submitted, with the padding
 * that begins with 0x01, and SHA3-256 and SHA3-512, whose padding begins with 0x06. */
#include "keccak.h"

#include "bytes.h"
#include "digests.h"

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

/* One round from the lanes `a` to the lanes `b`; lane x + 5 y. */
static inline void keccak_round(const uint64_t a[25], uint64_t b[25], uint64_t constant) {
    uint64_t c[5], d[5], row[5];
    for (int x = 0; x < 5; x++) c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (int x = 0; x < 5; x++) d[x] = c[(x + 4) % 5] ^ rotl64(c[(x + 1) % 5], 1);
    row[0] = a[0] ^ d[0];
    row[1] = rotl64(a[6] ^ d[1], 44);
    row[2] = rotl64(a[12] ^ d[2], 43);
    row[3] = rotl64(a[18] ^ d[3], 21);
    row[4] = rotl64(a[24] ^ d[4], 14);
    for (int x = 0; x < 5; x++) b[x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    b[0] ^= constant;
    row[0] = rotl64(a[3] ^ d[3], 28);
    row[1] = rotl64(a[9] ^ d[4], 20);
    row[2] = rotl64(a[10] ^ d[0], 3);
    row[3] = rotl64(a[16] ^ d[1], 45);
    row[4] = rotl64(a[22] ^ d[2], 61);
    for (int x = 0; x < 5; x++) b[5 + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    row[0] = rotl64(a[1] ^ d[1], 1);
    row[1] = rotl64(a[7] ^ d[2], 6);
    row[2] = rotl64(a[13] ^ d[3], 25);
    row[3] = rotl64(a[19] ^ d[4], 8);
    row[4] = rotl64(a[20] ^ d[0], 18);
    for (int x = 0; x < 5; x++) b[10 + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    row[0] = rotl64(a[4] ^ d[4], 27);
    row[1] = rotl64(a[5] ^ d[0], 36);
    row[2] = rotl64(a[11] ^ d[1], 10);
    row[3] = rotl64(a[17] ^ d[2], 15);
    row[4] = rotl64(a[23] ^ d[3], 56);
    for (int x = 0; x < 5; x++) b[15 + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    row[0] = rotl64(a[2] ^ d[2], 62);
    row[1] = rotl64(a[8] ^ d[3], 55);
    row[2] = rotl64(a[14] ^ d[4], 39);
    row[3] = rotl64(a[15] ^ d[0], 41);
    row[4] = rotl64(a[21] ^ d[1], 2);
    for (int x = 0; x < 5; x++) b[20 + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
}

static void permute(uint64_t lanes[25]) {
    uint64_t other[25];
    for (int round = 0; round < 24; round += 2) {
        keccak_round(lanes, other, round_constants[round]);
        keccak_round(other, lanes, round_constants[round + 1]);
    }
}

static void absorb(struct powhash_keccak_state *state, const uint8_t *block) {
    for (size_t lane = 0; lane < state->rate / 8; lane++) state->lanes[lane] ^= load64_le(block + 8 * lane);
    permute(state->lanes);
}

void powhash_keccak_begin(struct powhash_keccak_state *state, size_t size) {
    memset(state->lanes, 0, sizeof state->lanes);
    state->rate = 200 - 2 * size;
    state->held = 0;
}

void powhash_keccak_add(struct powhash_keccak_state *state, const uint8_t *in, size_t length) {
    if (length == 0) return;
    if (state->held > 0) {
        size_t room = state->rate - state->held;
        size_t taken = length < room ? length : room;
        memcpy(state->block + state->held, in, taken);
        state->held += taken;
        if (state->held < state->rate) return;
        absorb(state, state->block);
        in += taken;
        length -= taken;
    }
    for (; length >= state->rate; length -= state->rate, in += state->rate) absorb(state, in);
    memcpy(state->block, in, length);
    state->held = length;
}

void powhash_keccak_end(struct powhash_keccak_state *state, uint8_t domain, uint8_t *out, size_t size) {
    memset(state->block + state->held, 0, state->rate - state->held);
    state->block[state->held] = domain;
    state->block[state->rate - 1] |= 0x80;
    absorb(state, state->block);
    for (size_t lane = 0; lane < size / 8; lane++) store64_le(out + 8 * lane, state->lanes[lane]);
}

static void digest(const uint8_t *in, size_t length, uint8_t domain, uint8_t *out, size_t size) {
    struct powhash_keccak_state state;
    powhash_keccak_begin(&state, size);
    powhash_keccak_add(&state, in, length);
    powhash_keccak_end(&state, domain, out, size);
}

void powhash_keccak256(const uint8_t *in, size_t length, uint8_t *out) { digest(in, length, 0x01, out, 32); }
void powhash_keccak512(const uint8_t *in, size_t length, uint8_t *out) { digest(in, length, 0x01, out, 64); }
void powhash_sha3_256(const uint8_t *in, size_t length, uint8_t *out) { digest(in, length, 0x06, out, 32); }
void powhash_sha3_512(const uint8_t *in, size_t length, uint8_t *out) { digest(in, length, 0x06, out, 64); }
