#include "floor_share.h"

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "digests.h"

enum { COINB1 = 122, COINB2 = 109, FIELD = 4, HASH = 32, HEADER = 80, ROOT_AT = 36, NTIME_AT = 68, NONCE_AT = 76 };
enum { EXTRANONCE2_PARAM = 2, NTIME_PARAM, NONCE_PARAM };

static const uint8_t coinb1[COINB1] = {1}, coinb2[COINB2] = {2}, branch[FLOOR_STEPS][HASH] = {{3}};
static const uint8_t job_header[HEADER] = {4};

static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* The number of a text of eight hexadecimal digits; 0 where it is none. */
static int read_field(struct json text, uint32_t *number) {
    if (text.end - text.start != 2 * FIELD + 2) return 0;
    *number = 0;
    for (const char *at = text.start + 1; at < text.end - 1; at++) {
        if (digit(*at) < 0) return 0;
        *number = *number << 4 | (uint32_t)digit(*at);
    }
    return 1;
}

static void hash_root(uint32_t extranonce1, uint32_t extranonce2, uint8_t root[HASH]) {
    uint8_t coinbase[COINB1 + 2 * FIELD + COINB2], pair[2 * HASH];
    memcpy(coinbase, coinb1, COINB1);
    store32_be(coinbase + COINB1, extranonce1);
    store32_be(coinbase + COINB1 + FIELD, extranonce2);
    memcpy(coinbase + COINB1 + 2 * FIELD, coinb2, COINB2);
    powhash_sha256d(coinbase, sizeof coinbase, pair);
    for (int i = 0; i < FLOOR_STEPS; i++) {
        memcpy(pair + HASH, branch[i], HASH);
        powhash_sha256d(pair, sizeof pair, pair);
    }
    memcpy(root, pair, HASH);
}

int floor_share_passes(uint32_t extranonce1, const struct json *params) {
    uint8_t header[HEADER], hash[HASH], target[HASH];
    uint32_t extranonce2, ntime, nonce;
    int is_sound = read_field(params[EXTRANONCE2_PARAM], &extranonce2) && read_field(params[NTIME_PARAM], &ntime) &&
                   read_field(params[NONCE_PARAM], &nonce);
    if (!is_sound) return 0;
    memcpy(header, job_header, HEADER);
    hash_root(extranonce1, extranonce2, header + ROOT_AT);
    store32_le(header + NTIME_AT, ntime);
    store32_le(header + NONCE_AT, nonce);
    powhash_sha256d(header, HEADER, hash);
    memset(target, 0xff, HASH);
    return memcmp(hash, target, HASH) < 0;
}
