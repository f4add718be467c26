/* Lyra2, the password hash, as the coins of the Lyra2RE family call it: 32 bytes that are password and salt at once,
 * one pass. */
#ifndef POWHASH_LYRA2_H
#define POWHASH_LYRA2_H

#include <stdint.h>

enum { LYRA2_MAX_CELLS = 64 };

struct lyra2 {
    unsigned rows, columns; /* powers of two, together LYRA2_MAX_CELLS cells at most */
    /* The first version of Lyra2RE steps eight times too far between the two blocks of the input: the sponge takes in
     * zeros where the sizes, the costs and the padding should be. Chains stand on it. */
    int loses_parameters;
    /* In version 3 a word of the sponge names the word that names the next row; before, the first word does. */
    int is_chained;
};

/* `out` may be `in`. */
void powhash_lyra2(const struct lyra2 *lyra2, const uint8_t in[32], uint8_t out[32]);

#endif
