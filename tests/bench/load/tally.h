/* What became of all miners and their shares since the beginning. */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdint.h>

#include "json_scan.h"

enum { MOST_BLOCKS = 64, MOST_ERRORS = 8, HASH_HEX = 64 };

/* A block that miners were told to work on, and when each of them was. */
struct block {
    char prevhash[HASH_HEX + 1]; /* as mining.notify writes it */
    uint64_t *heard_ns;
    int heard;
};

struct error {
    int number; /* as stratum numbers them; 0 for an answer that has none */
    uint64_t count;
};

struct tally {
    int connecting, ready, gone; /* miners now */
    struct block blocks[MOST_BLOCKS];
    int block_count;
    uint64_t accepted, refused, skipped;
    struct error errors[MOST_ERRORS];
};

extern struct tally tally;

/* The error of an answer that refused a share. */
void tally_error(struct json error);

/* One of at most `miners` was told to work on this block. */
void tally_block(const char *prevhash, uint64_t when_ns, int miners);

#endif
