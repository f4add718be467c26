#ifndef POWHASH_SHA1COIN_H
#define POWHASH_SHA1COIN_H

#include <stddef.h>
#include <stdint.h>

void powhash_sha1coin(const uint8_t *in, size_t length, uint8_t out[32]);

#endif
