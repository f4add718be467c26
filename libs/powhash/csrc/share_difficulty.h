/* The difficulty that a hash reached. */
#ifndef POWHASH_SHARE_DIFFICULTY_H
#define POWHASH_SHARE_DIFFICULTY_H

#include <stdint.h>

/* 0xffff * 2^208 * multiplier / hash, rounded to the nearest double, ties to even. The hash is a little-endian number
 * of 256 bits, of which 0 counts as 1; the multiplier is 1 to 2^48 - 1. */
double share_difficulty(const uint8_t hash[32], uint64_t multiplier);

#endif
