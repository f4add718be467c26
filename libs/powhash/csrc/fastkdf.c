/* FastKDF with 32 rounds of BLAKE2s (J. Doering, "NeoScrypt, a strong memory intensive key derivation function", 2014).
 *
 * Password and salt are each written round a ring of 256 bytes. In each round keyed BLAKE2s takes 64 bytes of the
 * password's ring as message and 32 of the salt's as key, both from the same place, and its digest is added to the
 * salt's ring at the next place: the sum of the digest's bytes. A ring is followed by a copy of its beginning, so that
 * reads need not wrap. */
#include "fastkdf.h"

#include "blake2s.h"
#include "bytes.h"

enum { RING_BYTES = 256, MESSAGE_BYTES = 64, KEY_BYTES = 32, DIGEST_BYTES = 32, ROUNDS = 32 };

static void fill(uint8_t *ring, size_t bytes, const uint8_t *in, size_t in_bytes) {
    for (size_t i = 0; i < bytes; i++) ring[i] = in[i % RING_BYTES % in_bytes];
}

/* The next place in the rings. */
static size_t place_of(const uint8_t digest[DIGEST_BYTES]) {
    size_t sum = 0;
    for (size_t i = 0; i < DIGEST_BYTES; i++) sum += digest[i];
    return sum % RING_BYTES;
}

static void add_to_ring(uint8_t ring[RING_BYTES + KEY_BYTES], size_t place, const uint8_t digest[DIGEST_BYTES]) {
    for (size_t i = 0; i < DIGEST_BYTES; i++) ring[(place + i) % RING_BYTES] ^= digest[i];
    memcpy(ring + RING_BYTES, ring, KEY_BYTES);
}

void powhash_fastkdf(const uint8_t *password, size_t password_bytes, const uint8_t *salt, size_t salt_bytes,
                     uint8_t *out, size_t out_bytes) {
    uint8_t passwords[RING_BYTES + MESSAGE_BYTES], salts[RING_BYTES + KEY_BYTES], digest[DIGEST_BYTES];
    size_t place = 0;
    fill(passwords, sizeof passwords, password, password_bytes);
    fill(salts, sizeof salts, salt, salt_bytes);
    for (size_t round = 0; round < ROUNDS; round++) {
        powhash_blake2s_keyed(passwords + place, salts + place, digest);
        place = place_of(digest);
        add_to_ring(salts, place, digest);
    }
    for (size_t i = 0; i < out_bytes; i++) out[i] = salts[(place + i) % RING_BYTES] ^ passwords[i];
}
