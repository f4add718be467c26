/* NeoScrypt as coins use it: the header is password and salt, profile 0. */
#ifndef POWHASH_NEOSCRYPT_H
#define POWHASH_NEOSCRYPT_H

#include <stdint.h>

/* 0, or -1 when there is no memory for the 64 KiB of the two passes. */
int powhash_neoscrypt(const uint8_t in[80], uint8_t out[32]);

#endif
