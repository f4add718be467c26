/* The check of one share as libs/nompcore/share.py defines it. */
#include "share_check.h"

#include "bytes.h"
#include "digests.h"
#include "share_difficulty.h"

enum { DIGITS = 8, MAX_NTIME_AHEAD_SECONDS = 7200 };

static int digit(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

/* So many hex digits; whether there are just so many. */
static int read_digits(const struct share_text *text, size_t digits, uint32_t *number) {
    if (text->length != digits) return 0;
    *number = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = digit(text->start[i]);
        if (value < 0) return 0;
        *number = *number << 4 | (uint32_t)value;
    }
    return 1;
}

static int read_field(const struct share_text *text, uint32_t *number) { return read_digits(text, DIGITS, number); }

int share_read_fields(const struct share_job *job, const struct share_terms *terms, const struct share_line *line,
                      struct share_fields *fields) {
    const uint32_t mask = terms->version_mask;
    uint32_t extranonce2, bits = job->version & mask;
    if (!read_digits(&line->extranonce2, 2 * job->extranonce2_bytes, &extranonce2)) return 0;
    if (!read_field(&line->ntime, &fields->ntime)) return 0;
    if (!read_field(&line->nonce, &fields->nonce)) return 0;
    if (line->version_bits.length > 0 && !read_field(&line->version_bits, &bits)) return 0;
    if ((bits & ~mask) != 0) return 0;
    if (fields->ntime < job->ntime || (double)fields->ntime > terms->now + MAX_NTIME_AHEAD_SECONDS) return 0;
    fields->version = (job->version & ~mask) | bits;
    store32_be(fields->key, extranonce2);
    store32_be(fields->key + 4, fields->ntime);
    store32_be(fields->key + 8, fields->nonce);
    store32_be(fields->key + 12, fields->version);
    return 1;
}

static void hash_coinbase(const struct share_job *job, const struct share_terms *terms,
                          const struct share_fields *fields, uint8_t out[SHARE_HASH_BYTES]) {
    struct powhash_sha256_state state = job->coinb1;
    powhash_sha256_add(&state, terms->extranonce1, job->extranonce1_bytes);
    powhash_sha256_add(&state, fields->key + SHARE_FIELD_BYTES - job->extranonce2_bytes, job->extranonce2_bytes);
    powhash_sha256_add(&state, job->coinb2, job->coinb2_length);
    powhash_sha256_end(&state, out);
    if (!job->hashes_coinbase_once) powhash_sha256(out, SHARE_HASH_BYTES, out);
}

static void merkle_root(const struct share_job *job, const struct share_terms *terms,
                        const struct share_fields *fields, uint8_t root[SHARE_HASH_BYTES]) {
    uint8_t pair[2 * SHARE_HASH_BYTES];
    hash_coinbase(job, terms, fields, pair);
    for (size_t step = 0; step < job->branch_steps; step++) {
        memcpy(pair + SHARE_HASH_BYTES, job->branch + step * SHARE_HASH_BYTES, SHARE_HASH_BYTES);
        powhash_sha256d(pair, sizeof pair, pair);
    }
    memcpy(root, pair, SHARE_HASH_BYTES);
}

/* Whether one little-endian number of 256 bits is at most the other. */
static int is_at_most(const uint8_t number[SHARE_HASH_BYTES], const uint8_t limit[SHARE_HASH_BYTES]) {
    for (int i = SHARE_HASH_BYTES - 8; i >= 0; i -= 8) {
        uint64_t a = load64_le(number + i), b = load64_le(limit + i);
        if (a != b) return a < b;
    }
    return 1;
}

double share_reached(const struct share_job *job, const struct share_terms *terms, const struct share_fields *fields) {
    uint8_t header[SHARE_HEADER_BYTES], digest[SHARE_HASH_BYTES];
    store32_le(header, fields->version);
    memcpy(header + 4, job->prevhash, SHARE_HASH_BYTES);
    merkle_root(job, terms, fields, header + 36);
    store32_le(header + 68, fields->ntime);
    store32_le(header + 72, job->nbits);
    store32_le(header + 76, fields->nonce);
    job->algorithm->hash(header, sizeof header, digest);
    if (is_at_most(digest, job->network_target) || !is_at_most(digest, terms->target)) return 0;
    return share_difficulty(digest, job->multiplier);
}
