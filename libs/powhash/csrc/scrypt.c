/* scrypt (RFC 7914) with one lane and 32 bytes of output. A block of Salsa20's is kept as four rows of its diagonals,
 * so that both kinds of its rounds work on whole rows. */
#include "scrypt.h"

#include <stdlib.h>

#include "pbkdf2.h"
#include "row.h"
#include "scratch.h"

#define QUARTER_ROUNDS(a, b, c, d)                        \
    do {                                                  \
        b = row_xor(b, row_rotate(row_add(a, d), 7));     \
        c = row_xor(c, row_rotate(row_add(b, a), 9));     \
        d = row_xor(d, row_rotate(row_add(c, b), 13));    \
        a = row_xor(a, row_rotate(row_add(d, c), 18));    \
    } while (0)

/* Salsa20/8. Between the rounds of the columns and those of the rows the diagonals turn and change places. */
ROW_INLINE struct row_block salsa20_8(struct row_block x) {
    row a = x.rows[0], b = x.rows[1], c = x.rows[2], d = x.rows[3];
    for (int i = 0; i < 4; i++) {
        QUARTER_ROUNDS(a, b, c, d);
        b = row_turn(b, 3), c = row_turn(c, 2), d = row_turn(d, 1);
        QUARTER_ROUNDS(a, d, c, b);
        b = row_turn(b, 1), c = row_turn(c, 2), d = row_turn(d, 3);
    }
    const struct row_block mixed = {{a, b, c, d}};
    return row_block_add(x, mixed);
}

#define SMIX_NAME smix
#define SMIX_MIX salsa20_8
#define SMIX_TARGET
#include "smix.h"

#ifdef POWHASH_HAS_AVX512
#define SMIX_NAME smix_avx512
#define SMIX_MIX salsa20_8
#define SMIX_TARGET __attribute__((target("avx512f,avx512vl")))
#include "smix.h"
#endif

static void to_rows(const uint8_t *bytes, struct row_block *block) {
    uint32_t w[16];
    for (unsigned i = 0; i < 16; i++) w[i] = load32_le(bytes + 4 * i);
    for (unsigned k = 0; k < 4; k++) {
        const unsigned first = 4 * k;
        block->rows[k] = row_of(w[first], w[(first + 5) % 16], w[(first + 10) % 16], w[(first + 15) % 16]);
    }
}

static void to_bytes(const struct row_block *block, uint8_t *bytes) {
    for (unsigned k = 0; k < 4; k++) {
        uint32_t words[4];
        row_words(block->rows[k], words);
        for (unsigned i = 0; i < 4; i++) store32_le(bytes + 4 * ((4 * k + 5 * i) % 16), words[i]);
    }
}

int powhash_scrypt(const uint8_t *in, size_t length, uint64_t n, uint32_t r, uint8_t out[32]) {
    const size_t blocks = (size_t)2 * r;
    uint8_t *bytes = malloc(64 * blocks);
    struct powhash_scratch scratch;
    if (bytes == NULL || !powhash_scratch_take(&scratch, n, blocks)) {
        free(bytes);
        return -1;
    }
    powhash_pbkdf2_sha256(in, length, in, length, bytes, 64 * blocks);
    for (size_t i = 0; i < blocks; i++) to_rows(bytes + 64 * i, scratch.b + i);
#ifdef POWHASH_HAS_AVX512
    if (__builtin_cpu_supports("avx512vl")) {
        smix_avx512(scratch.v, scratch.b, n, r);
    } else
#endif
        smix(scratch.v, scratch.b, n, r);
    for (size_t i = 0; i < blocks; i++) to_bytes(scratch.b + i, bytes + 64 * i);
    powhash_pbkdf2_sha256(in, length, bytes, 64 * blocks, out, 32);
    powhash_scratch_release(&scratch);
    free(bytes);
    return 0;
}
