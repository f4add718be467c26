/* The memory of scrypt's SMix: n rows of blocks and two rows more. */
#ifndef POWHASH_SCRATCH_H
#define POWHASH_SCRATCH_H

#include <stdint.h>
#include <stdlib.h>

#include "row.h"

/* AVX-512VL rotates words in one instruction and has more registers: a third faster. */
#if defined(__x86_64__) && defined(__SSE2__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_HAS_AVX512 1
#endif

struct powhash_scratch {
    void *memory;
    struct row_block *b; /* 2 rows of blocks */
    struct row_block *v; /* n rows of blocks */
};

/* Whether there is memory for n rows of `blocks` blocks each. */
static inline int powhash_scratch_take(struct powhash_scratch *scratch, uint64_t n, size_t blocks) {
    enum { LINE = 64 };
    scratch->memory = NULL;
    if (n > SIZE_MAX / sizeof(struct row_block) / blocks - 3) return 0;
    scratch->memory = malloc(((size_t)n + 2) * blocks * sizeof(struct row_block) + LINE);
    if (scratch->memory == NULL) return 0;
    uint8_t *start = scratch->memory;
    start += (LINE - (uintptr_t)start % LINE) % LINE;
    scratch->b = (struct row_block *)(void *)start;
    scratch->v = scratch->b + 2 * blocks;
    return 1;
}

static inline void powhash_scratch_release(struct powhash_scratch *scratch) { free(scratch->memory); }

#endif
