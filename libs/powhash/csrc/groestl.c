/* Groestl-512 and Groestl-256: "Groestl - a SHA-3 candidate", version of 2 March 2011 (the final round's, "tweaked").
 * Here are the padding and the choice of a way to run the permutations. */
#include "groestl.h"

#include "bytes.h"
#include "digests.h"

enum { LENGTH_BYTES = 8 };

/* The message is followed by a bit 1, zeros and the count of all blocks. */
static void digest(const uint8_t *in, size_t length, uint8_t *out, const struct groestl *groestl) {
    const size_t block = groestl->block, whole = length / block, left = length % block;
    const size_t last_blocks = left < block - LENGTH_BYTES ? 1 : 2;
    uint8_t chain[GROESTL_MAX_STATE] = {0}, last[2 * GROESTL_MAX_STATE] = {0};
    groestl->start(chain);
    groestl->absorb(chain, in, whole);
    memcpy(last, in + whole * block, left);
    last[left] = 0x80;
    store64_be(last + last_blocks * block - 8, whole + last_blocks);
    groestl->absorb(chain, last, last_blocks);
    groestl->finish(chain, out);
}

void powhash_groestl512(const uint8_t *in, size_t length, uint8_t *out) {
    const struct groestl *way = &powhash_groestl512_tables;
#ifdef POWHASH_AES_NI
    if (has_aes_ni()) way = &powhash_groestl512_ni;
#endif
    digest(in, length, out, way);
}

void powhash_groestl256(const uint8_t *in, size_t length, uint8_t *out) {
    const struct groestl *way = &powhash_groestl256_tables;
#ifdef POWHASH_AES_NI
    if (has_aes_ni()) way = &powhash_groestl256_ni;
#endif
    digest(in, length, out, way);
}
