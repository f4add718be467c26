/* One line of a miner, read where it is an ordinary mining.submit. */
#ifndef POWHASH_SHARE_LINE_H
#define POWHASH_SHARE_LINE_H

#include <stddef.h>
#include <stdint.h>

/* A part of the line. */
struct share_text {
    const uint8_t *start;
    size_t length;
};

struct share_line {
    struct share_text id; /* as it is written, quotes and all */
    struct share_text worker, job_id, extranonce2, ntime, nonce;
    struct share_text version_bits; /* empty where there are none */
};

/* Whether the line is what miners send: an object of the keys id, method and params, each once, in any order; the id
 * a number or a text, the method mining.submit, five or six texts of printable ASCII without an escape. A newline
 * stands at its end and nowhere else. Of any other line it tells nothing: it may be good, or no JSON at all. */
int share_read_line(const uint8_t *line, size_t length, struct share_line *read);

#endif
