/* Loads, stores and rotations of words. Through memcpy, so that no pointer is ever misaligned or aliased; compilers
 * make one instruction of each. */
#ifndef POWHASH_BYTES_H
#define POWHASH_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define POWHASH_BIG_ENDIAN 1
#else
#define POWHASH_BIG_ENDIAN 0
#endif

static inline uint32_t rotl32(uint32_t x, unsigned n) { return (x << (n & 31)) | (x >> (-n & 31)); }
static inline uint32_t rotr32(uint32_t x, unsigned n) { return (x >> (n & 31)) | (x << (-n & 31)); }
static inline uint64_t rotl64(uint64_t x, unsigned n) { return (x << (n & 63)) | (x >> (-n & 63)); }
static inline uint64_t rotr64(uint64_t x, unsigned n) { return (x >> (n & 63)) | (x << (-n & 63)); }

static inline uint32_t swap32(uint32_t x) {
    return (x << 24) | ((x & 0xff00u) << 8) | ((x >> 8) & 0xff00u) | (x >> 24);
}

static inline uint64_t swap64(uint64_t x) { return ((uint64_t)swap32((uint32_t)x) << 32) | swap32((uint32_t)(x >> 32)); }

static inline uint32_t load32_le(const uint8_t *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return POWHASH_BIG_ENDIAN ? swap32(x) : x;
}

static inline uint32_t load32_be(const uint8_t *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return POWHASH_BIG_ENDIAN ? x : swap32(x);
}

static inline uint64_t load64_le(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return POWHASH_BIG_ENDIAN ? swap64(x) : x;
}

static inline uint64_t load64_be(const uint8_t *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return POWHASH_BIG_ENDIAN ? x : swap64(x);
}

static inline void store32_le(uint8_t *p, uint32_t x) {
    if (POWHASH_BIG_ENDIAN) x = swap32(x);
    memcpy(p, &x, sizeof x);
}

static inline void store32_be(uint8_t *p, uint32_t x) {
    if (!POWHASH_BIG_ENDIAN) x = swap32(x);
    memcpy(p, &x, sizeof x);
}

static inline void store64_le(uint8_t *p, uint64_t x) {
    if (POWHASH_BIG_ENDIAN) x = swap64(x);
    memcpy(p, &x, sizeof x);
}

static inline void store64_be(uint8_t *p, uint64_t x) {
    if (!POWHASH_BIG_ENDIAN) x = swap64(x);
    memcpy(p, &x, sizeof x);
}

#endif
