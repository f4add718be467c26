/* The merkle branch as libs/nompcore/merkle.py defines it. Processors with SHA extensions hash pairs in merkle_ni.c,
 * chosen when the first pair comes; all others with SHA-256 as it is. */
#include "merkle.h"

#include <pthread.h>
#include <string.h>

#include "digests.h"

#ifdef POWHASH_SHA_NI
#include <cpuid.h>
#endif

static void pairs_portable(const uint8_t *in, size_t pairs, uint8_t *out) {
    for (; pairs > 0; pairs--, in += MERKLE_PAIR_BYTES, out += MERKLE_HASH_BYTES) {
        powhash_sha256d(in, MERKLE_PAIR_BYTES, out);
    }
}

static void (*hash_pairs)(const uint8_t *in, size_t pairs, uint8_t *out) = pairs_portable;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static void choose(void) {
#ifdef POWHASH_SHA_NI
    unsigned eax, ebx = 0, ecx, edx;
    int has_sha = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx >> 29 & 1);
    if (has_sha && __builtin_cpu_supports("sse4.1")) hash_pairs = powhash_sha256d_pairs_ni;
#endif
}

void powhash_sha256d_pairs(const uint8_t *in, size_t pairs, uint8_t *out) {
    pthread_once(&chosen, choose);
    hash_pairs(in, pairs, out);
}

size_t powhash_merkle_branch(uint8_t *level, size_t count, uint8_t steps[MERKLE_MAX_STEPS * MERKLE_HASH_BYTES]) {
    size_t taken = 0;
    while (count > 0) {
        memcpy(steps + MERKLE_HASH_BYTES * taken++, level, MERKLE_HASH_BYTES);
        uint8_t *rest = level + MERKLE_HASH_BYTES;
        size_t left = count - 1;
        if (left % 2 == 1) {
            uint8_t *end = rest + MERKLE_HASH_BYTES * left++;
            memcpy(end, end - MERKLE_HASH_BYTES, MERKLE_HASH_BYTES);
        }
        count = left / 2;
        powhash_sha256d_pairs(rest, count, level);
    }
    return taken;
}
