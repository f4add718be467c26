/* The algorithms that coin files name, as one list made of the lists of the families. */
#ifndef POWHASH_REGISTRY_H
#define POWHASH_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

struct powhash_algorithm {
    const char *name; /* as a coin file writes it */
    /* An algorithm that finds no memory for its scratch pad fills `out` with 0xff, a digest that meets no target;
     * the binding makes a MemoryError of it. */
    void (*hash)(const uint8_t *in, size_t length, uint8_t out[32]);
    size_t input_bytes; /* 0: any; 80: a block header only */
    int is_slow;        /* over 20 us: the interpreter runs meanwhile */
};

/* Each ends with a row whose name is NULL. */
extern const struct powhash_algorithm powhash_plain_algorithms[];  /* sha256, scrypt's kin, sha1, keccak */
extern const struct powhash_algorithm powhash_single_algorithms[]; /* blake, skein, groestl, lyra2re and their like */
extern const struct powhash_algorithm powhash_chain_algorithms[];  /* x11 and the other chains, fugue, shavite3 */
extern const struct powhash_algorithm powhash_memory_algorithms[]; /* hefty1, neoscrypt, yescrypt */

/* The algorithm of this name, or NULL. */
const struct powhash_algorithm *powhash_find(const char *name);

/* The algorithm at this place of the whole list, or NULL past its end. */
const struct powhash_algorithm *powhash_at(size_t index);

#endif
