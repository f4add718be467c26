/* What Fugue-256 and Fugue-512 share (Halevi, Hall and Jutla, "The Hash Function Fugue", 2009): a state of words that
 * turns at every step, and the nonlinear step SMIX of its first four. */
#ifndef POWHASH_FUGUE_H
#define POWHASH_FUGUE_H

#include <stdint.h>
#include <string.h>

#include "aes_round.h"

/* Its words, 30 or 36, in a ring: word 0 is at `first`. Reads and writes are of single words, as a load of several
 * that were stored one by one would wait for them. */
struct fugue_state {
    unsigned size, first;
    uint32_t words[36];
};

static inline uint32_t *fugue_at(struct fugue_state *s, unsigned index) {
    const unsigned place = s->first + index;
    return s->words + (place < s->size ? place : place - s->size);
}

/* Word i becomes word i + by. */
static inline void fugue_turn(struct fugue_state *s, unsigned by) {
    s->first = (s->first < by ? s->first + s->size : s->first) - by;
}

/* An all-zero state but for the `given` last words. */
static inline void fugue_begin(struct fugue_state *s, unsigned size, const uint32_t *last, unsigned given) {
    *s = (struct fugue_state){.size = size};
    memcpy(s->words + size - given, last, sizeof(uint32_t) * given);
}

/* SMIX: see fugue.c for its definition and one version, fugue_ni.c for another. */
struct powhash_fugue {
    void (*mix)(struct fugue_state *s);
    /* So many times: a turn by three, the new words 4 to 6 into words 0 to 2 and into those from size / 2, SMIX. */
    void (*turn_and_mix)(struct fugue_state *s, int times);
};

/* The version for this processor. */
const struct powhash_fugue *powhash_fugue_version(void);

#ifdef POWHASH_AES_NI
extern const struct powhash_fugue powhash_fugue_ni;
#endif

#endif
