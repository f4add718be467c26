/* The round of the AES (FIPS 197) on a state of four little-endian words, column by column, without the round key:
 * SubBytes, ShiftRows and MixColumns. ECHO and SHAvite-3 are made of it; Fugue takes the S-box. */
#ifndef POWHASH_AES_ROUND_H
#define POWHASH_AES_ROUND_H

#include <stdint.h>

struct powhash_aes {
    uint8_t sbox[256];
    uint32_t columns[4][256]; /* MixColumns of a column whose only byte, in row 0 to 3, is the S-box's */
};

/* The tables, made at the first call. */
const struct powhash_aes *powhash_aes_tables(void);

static inline void aes_round(const struct powhash_aes *aes, uint32_t state[4]) {
    const uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    const uint32_t(*t)[256] = aes->columns;
    state[0] = t[0][a & 255] ^ t[1][(b >> 8) & 255] ^ t[2][(c >> 16) & 255] ^ t[3][d >> 24];
    state[1] = t[0][b & 255] ^ t[1][(c >> 8) & 255] ^ t[2][(d >> 16) & 255] ^ t[3][a >> 24];
    state[2] = t[0][c & 255] ^ t[1][(d >> 8) & 255] ^ t[2][(a >> 16) & 255] ^ t[3][b >> 24];
    state[3] = t[0][d & 255] ^ t[1][(a >> 8) & 255] ^ t[2][(b >> 16) & 255] ^ t[3][c >> 24];
}

/* Files with a version in AES instructions of their own compile it where this is defined, and use it where the
 * processor has them. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define POWHASH_AES_NI 1
static inline int has_aes_ni(void) { return __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1"); }
#endif

#endif
