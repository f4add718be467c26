/* NeoScrypt, profile 0 (J. Doering, "NeoScrypt, a strong memory intensive key derivation function", 2014): N = 128,
 * r = 2, FastKDF over BLAKE2s at both ends, and between them the sum of two passes over memory, one that mixes with
 * ChaCha20 and one with Salsa20, of 20 rounds each. */
#include "neoscrypt.h"

#include "double_rounds.h"
#include "fastkdf.h"
#include "scratch.h"

enum { NEOSCRYPT_N = 128, NEOSCRYPT_BLOCKS = 4, NEOSCRYPT_BYTES = 64 * NEOSCRYPT_BLOCKS };

struct neoscrypt_pass {
    struct row_block blocks[NEOSCRYPT_BLOCKS];
};

#define NEOSCRYPT_GLUED(a, b) a##b
#define NEOSCRYPT_GLUE(a, b) NEOSCRYPT_GLUED(a, b)

/* BlockMix puts the even blocks first. */
ROW_INLINE void swap_middle(struct neoscrypt_pass *pass) {
    struct row_block block = pass->blocks[1];
    pass->blocks[1] = pass->blocks[2];
    pass->blocks[2] = block;
}

ROW_INLINE void add_pass(struct neoscrypt_pass *pass, const struct neoscrypt_pass *other) {
    for (size_t i = 0; i < NEOSCRYPT_BLOCKS; i++) pass->blocks[i] = row_block_xor(pass->blocks[i], other->blocks[i]);
}

/* The place in memory that the first word of the last block names. */
ROW_INLINE size_t chosen(const struct neoscrypt_pass *pass) {
    uint32_t words[4];
    row_words(pass->blocks[NEOSCRYPT_BLOCKS - 1].rows[0], words);
    return words[0] % NEOSCRYPT_N;
}

#define NEOSCRYPT_MIX mix_anywhere
#define NEOSCRYPT_TARGET
#include "neoscrypt_mix.h"

#ifdef POWHASH_HAS_AVX512
#define NEOSCRYPT_MIX mix_with_avx512
#define NEOSCRYPT_TARGET __attribute__((target("avx512f,avx512vl"))) /* for its rotations */
#include "neoscrypt_mix.h"
#endif

static void mix(struct neoscrypt_pass *chacha, struct neoscrypt_pass *salsa, struct neoscrypt_pass (*memory)[2]) {
#ifdef POWHASH_HAS_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
        mix_with_avx512(chacha, salsa, memory);
        return;
    }
#endif
    mix_anywhere(chacha, salsa, memory);
}

static void read_pass(struct neoscrypt_pass *pass, const uint8_t bytes[NEOSCRYPT_BYTES], size_t (*word_at)(size_t)) {
    for (size_t block = 0; block < NEOSCRYPT_BLOCKS; block++) {
        uint32_t w[16];
        for (size_t i = 0; i < 16; i++) w[i] = load32_le(bytes + 64 * block + 4 * word_at(i));
        for (size_t i = 0; i < 4; i++) {
            pass->blocks[block].rows[i] = row_of(w[4 * i], w[4 * i + 1], w[4 * i + 2], w[4 * i + 3]);
        }
    }
}

/* Adds the pass to bytes that hold another one. */
static void add_to_bytes(uint8_t bytes[NEOSCRYPT_BYTES], const struct neoscrypt_pass *pass, size_t (*word_at)(size_t)) {
    for (size_t block = 0; block < NEOSCRYPT_BLOCKS; block++) {
        uint32_t w[16];
        for (size_t i = 0; i < 4; i++) row_words(pass->blocks[block].rows[i], w + 4 * i);
        for (size_t i = 0; i < 16; i++) {
            uint8_t *p = bytes + 64 * block + 4 * word_at(i);
            store32_le(p, load32_le(p) ^ w[i]);
        }
    }
}

static size_t ordinary_word(size_t i) { return i; }
static size_t salsa_word(size_t i) { return diagonal_word(i); }

int powhash_neoscrypt(const uint8_t in[80], uint8_t out[32]) {
    uint8_t bytes[NEOSCRYPT_BYTES];
    struct neoscrypt_pass chacha, salsa;
    struct neoscrypt_pass(*memory)[2] = malloc(NEOSCRYPT_N * sizeof *memory);
    if (memory == NULL) return -1;
    powhash_fastkdf(in, 80, in, 80, bytes, sizeof bytes);
    read_pass(&chacha, bytes, ordinary_word);
    read_pass(&salsa, bytes, salsa_word);
    mix(&chacha, &salsa, memory);
    free(memory);
    memset(bytes, 0, sizeof bytes);
    add_to_bytes(bytes, &chacha, ordinary_word);
    add_to_bytes(bytes, &salsa, salsa_word);
    powhash_fastkdf(in, 80, bytes, sizeof bytes, out, 32);
    return 0;
}
