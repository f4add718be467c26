/* scrypt's SMix (RFC 7914, 4 and 5) over any mixing of 64-byte blocks. To be included once a mixing: SMIX_MIX names it,
 * `static inline struct row_block SMIX_MIX(struct row_block)`, and SMIX_NAME and SMIX_TARGET the function that is made:
 * `SMIX_NAME(v, b, n, r)`, with v of n·2r blocks of scratch and b of 4r: 2r in and out, 2r of scratch. */

#ifndef SMIX_GLUE
#define SMIX_PASTE(name, end) name##end
#define SMIX_GLUE(name, end) SMIX_PASTE(name, end)
#endif

ROW_INLINE void SMIX_GLUE(SMIX_NAME, _block_mix)(const struct row_block *in, const struct row_block *mask,
                                                 struct row_block *out, uint32_t r) {
    struct row_block x = in[2 * r - 1];
    if (mask != NULL) x = row_block_xor(x, mask[2 * r - 1]);
    for (uint32_t i = 0; i < 2 * r; i++) {
        x = row_block_xor(x, in[i]);
        if (mask != NULL) x = row_block_xor(x, mask[i]);
        x = SMIX_MIX(x);
        out[i / 2 + (i & 1 ? r : 0)] = x;
    }
}

ROW_INLINE void SMIX_GLUE(SMIX_NAME, _any)(struct row_block *v, struct row_block *b, uint64_t n, uint32_t r) {
    const size_t size = (size_t)2 * r;
    memcpy(v, b, size * sizeof *v);
    for (uint64_t i = 1; i < n; i++) SMIX_GLUE(SMIX_NAME, _block_mix)(v + (i - 1) * size, NULL, v + i * size, r);
    SMIX_GLUE(SMIX_NAME, _block_mix)(v + (n - 1) * size, NULL, b, r);
    for (uint64_t i = 0; i < n; i += 2) {
        for (size_t half = 0; half < 2; half++) {
            struct row_block *from = half ? b + size : b, *to = half ? b : b + size;
            uint32_t words[4];
            row_words(from[size - 1].rows[0], words);
            SMIX_GLUE(SMIX_NAME, _block_mix)(from, v + (words[0] & (n - 1)) * size, to, r);
        }
    }
}

/* Coins use r = 1: a copy of its own keeps the two blocks in registers. */
SMIX_TARGET static void SMIX_NAME(struct row_block *v, struct row_block *b, uint64_t n, uint32_t r) {
    if (r == 1) {
        SMIX_GLUE(SMIX_NAME, _any)(v, b, n, 1);
    } else {
        SMIX_GLUE(SMIX_NAME, _any)(v, b, n, r);
    }
}

#undef SMIX_NAME
#undef SMIX_MIX
#undef SMIX_TARGET
