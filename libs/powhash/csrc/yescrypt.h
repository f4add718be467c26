/* yescrypt as coins use it: the header is password and salt. */
#ifndef POWHASH_YESCRYPT_H
#define POWHASH_YESCRYPT_H

#include <stddef.h>
#include <stdint.h>

/* What sets one coin's yescrypt apart from another's. */
struct powhash_yescrypt_settings {
    uint32_t n;             /* rows of memory: a power of two above 1 */
    uint32_t r;             /* 128 bytes a row times this */
    const char *client_key; /* what the key of the client's last step signs; NULL: the header */
};

/* 0, or -1 when there is no memory for 128 n r bytes and a few rows more. */
int powhash_yescrypt(const uint8_t *in, size_t length, const struct powhash_yescrypt_settings *settings,
                     uint8_t out[32]);

#endif
