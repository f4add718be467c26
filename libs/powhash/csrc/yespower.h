/* yespower 1.0 as coins use it. */
#ifndef POWHASH_YESPOWER_H
#define POWHASH_YESPOWER_H

#include <stddef.h>
#include <stdint.h>

/* What sets one coin's yespower apart from another's. */
struct powhash_yespower_settings {
    uint32_t n;              /* rows of memory: a power of two above 1 */
    uint32_t r;              /* 128 bytes a row times this */
    const char *personality; /* a text of the coin's, or NULL */
};

/* 0, or -1 when there is no memory for 128 n r bytes, 96 KiB and a few rows more. */
int powhash_yespower(const uint8_t *in, size_t length, const struct powhash_yespower_settings *settings,
                     uint8_t out[32]);

#endif
