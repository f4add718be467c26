/* A job in the form in which shares are checked against it, and the check: shape, time, version, proof of work. */
#ifndef POWHASH_SHARE_CHECK_H
#define POWHASH_SHARE_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "registry.h"
#include "sha256.h"
#include "share_line.h"

enum { SHARE_HASH_BYTES = 32, SHARE_HEADER_BYTES = 80, SHARE_FIELD_BYTES = 4, SHARE_KEY_BYTES = 16 };

struct share_job {
    const struct powhash_algorithm *algorithm;
    struct powhash_sha256_state coinb1; /* the coinbase hashed as far as extranonce1 */
    const uint8_t *coinb2;
    size_t coinb2_length;
    const uint8_t *branch; /* `branch_steps` hashes, one behind the other */
    size_t branch_steps;
    int hashes_coinbase_once;
    uint8_t prevhash[SHARE_HASH_BYTES];       /* internal byte order */
    uint8_t network_target[SHARE_HASH_BYTES]; /* little-endian */
    uint32_t version, nbits, ntime;
    uint64_t multiplier; /* of the algorithm's difficulty */
    uint32_t extranonce1_bytes, extranonce2_bytes; /* at most SHARE_FIELD_BYTES each */
};

/* What the session adds to the line. */
struct share_terms {
    uint8_t extranonce1[SHARE_FIELD_BYTES]; /* as many of them as the job has */
    uint32_t version_mask;
    uint8_t target[SHARE_HASH_BYTES]; /* little-endian */
    double now;                       /* Unix seconds */
};

/* The numbers of a line. */
struct share_fields {
    uint8_t key[SHARE_KEY_BYTES]; /* extranonce2, ntime, nonce, version: big-endian */
    uint32_t ntime, nonce, version;
};

/* Whether sizes, hex, time and version are as they should be. */
int share_read_fields(const struct share_job *job, const struct share_terms *terms, const struct share_line *line,
                      struct share_fields *fields);

/* The difficulty of the header's hash where it meets the miner's target and not the network's: a share, and no block.
 * 0 for any other. */
double share_reached(const struct share_job *job, const struct share_terms *terms, const struct share_fields *fields);

#endif
