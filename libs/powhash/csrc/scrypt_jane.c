/* scrypt-jane as YaCoin and its kin use it: scrypt's SMix over ChaCha20/8 (D. J. Bernstein, "ChaCha, a variant of
 * Salsa20"), PBKDF2 over HMAC-Keccak-512, r = 1, one lane, N = 2^(nfactor + 1). */
#include "pbkdf2.h"
#include "row.h"
#include "scratch.h"
#include "scrypt.h"

#define QUARTER_ROUNDS(a, b, c, d)                                           \
    do {                                                                     \
        a = row_add(a, b), d = row_xor(d, a), d = row_rotate(d, 16);         \
        c = row_add(c, d), b = row_xor(b, c), b = row_rotate(b, 12);         \
        a = row_add(a, b), d = row_xor(d, a), d = row_rotate(d, 8);          \
        c = row_add(c, d), b = row_xor(b, c), b = row_rotate(b, 7);          \
    } while (0)

ROW_INLINE struct row_block chacha20_8(struct row_block x) {
    row a = x.rows[0], b = x.rows[1], c = x.rows[2], d = x.rows[3];
    for (int i = 0; i < 4; i++) {
        QUARTER_ROUNDS(a, b, c, d);
        b = row_turn(b, 1), c = row_turn(c, 2), d = row_turn(d, 3);
        QUARTER_ROUNDS(a, b, c, d);
        b = row_turn(b, 3), c = row_turn(c, 2), d = row_turn(d, 1);
    }
    const struct row_block mixed = {{a, b, c, d}};
    return row_block_add(x, mixed);
}

#define SMIX_NAME smix
#define SMIX_MIX chacha20_8
#define SMIX_TARGET
#include "smix.h"

#ifdef POWHASH_HAS_AVX512
#define SMIX_NAME smix_avx512
#define SMIX_MIX chacha20_8
#define SMIX_TARGET __attribute__((target("avx512f,avx512vl")))
#include "smix.h"
#endif

enum { BLOCKS = 2, BYTES = 64 * BLOCKS };

static void to_rows(const uint8_t bytes[BYTES], struct row_block blocks[BLOCKS]) {
    for (unsigned k = 0; k < 4 * BLOCKS; k++) {
        const uint8_t *from = bytes + 16 * k;
        blocks[k / 4].rows[k % 4] =
            row_of(load32_le(from), load32_le(from + 4), load32_le(from + 8), load32_le(from + 12));
    }
}

static void to_bytes(const struct row_block blocks[BLOCKS], uint8_t bytes[BYTES]) {
    for (unsigned k = 0; k < 4 * BLOCKS; k++) {
        uint32_t words[4];
        row_words(blocks[k / 4].rows[k % 4], words);
        for (unsigned i = 0; i < 4; i++) store32_le(bytes + 16 * k + 4 * i, words[i]);
    }
}

int powhash_scrypt_jane(const uint8_t *in, size_t length, unsigned nfactor, uint8_t out[32]) {
    const uint64_t n = UINT64_C(2) << nfactor;
    struct powhash_scratch scratch;
    if (!powhash_scratch_take(&scratch, n, BLOCKS)) return -1;
    uint8_t bytes[BYTES];
    powhash_pbkdf2_keccak512(in, length, in, length, bytes, BYTES);
    to_rows(bytes, scratch.b);
#ifdef POWHASH_HAS_AVX512
    if (__builtin_cpu_supports("avx512vl")) {
        smix_avx512(scratch.v, scratch.b, n, 1);
    } else
#endif
        smix(scratch.v, scratch.b, n, 1);
    to_bytes(scratch.b, bytes);
    powhash_pbkdf2_keccak512(in, length, bytes, BYTES, out, 32);
    powhash_scratch_release(&scratch);
    return 0;
}
