/* Keccak piece by piece, for the HMAC and PBKDF2 of scrypt-jane. */
#ifndef POWHASH_KECCAK_H
#define POWHASH_KECCAK_H

#include <stddef.h>
#include <stdint.h>

struct powhash_keccak_state {
    uint64_t lanes[25];
    size_t rate;       /* bytes of the state that input enters: 136 for 32 bytes of output, 72 for 64 */
    size_t held;       /* bytes of `block` that wait */
    uint8_t block[136];
};

/* `size` of the digest: 32 or 64 bytes. */
void powhash_keccak_begin(struct powhash_keccak_state *state, size_t size);
void powhash_keccak_add(struct powhash_keccak_state *state, const uint8_t *in, size_t length);
/* `domain`: 0x01 for the original padding, 0x06 for FIPS 202's. */
void powhash_keccak_end(struct powhash_keccak_state *state, uint8_t domain, uint8_t *out, size_t size);

#endif
