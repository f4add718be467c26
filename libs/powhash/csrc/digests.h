/* Every digest of the library: any length of input, the whole output of the digest (its size in the comment). */
#ifndef POWHASH_DIGESTS_H
#define POWHASH_DIGESTS_H

#include <stddef.h>
#include <stdint.h>

/* --- sha2.c, sha1.c, keccak.c, scrypt.c, scrypt_jane.c --- */
void powhash_sha256(const uint8_t *in, size_t length, uint8_t *out);     /* 32 */
void powhash_sha256d(const uint8_t *in, size_t length, uint8_t *out);    /* 32 */
void powhash_sha512(const uint8_t *in, size_t length, uint8_t *out);     /* 64 */
void powhash_sha1(const uint8_t *in, size_t length, uint8_t *out);       /* 20 */
void powhash_keccak256(const uint8_t *in, size_t length, uint8_t *out);  /* 32, original padding 0x01 */
void powhash_keccak512(const uint8_t *in, size_t length, uint8_t *out);  /* 64, original padding 0x01 */
void powhash_sha3_256(const uint8_t *in, size_t length, uint8_t *out);   /* 32, FIPS 202's padding 0x06 */
void powhash_sha3_512(const uint8_t *in, size_t length, uint8_t *out);   /* 64, FIPS 202's padding 0x06 */

/* --- blake, bmw, groestl, skein, jh, luffa, cubehash, lyra2 --- */
void powhash_blake512(const uint8_t *in, size_t length, uint8_t *out);     /* 64 */
void powhash_blake256(const uint8_t *in, size_t length, uint8_t *out);     /* 32, 14 rounds */
void powhash_blake256r8(const uint8_t *in, size_t length, uint8_t *out);   /* 32, BLAKE-256 of 8 rounds */
void powhash_bmw512(const uint8_t *in, size_t length, uint8_t *out);       /* 64 */
void powhash_bmw256(const uint8_t *in, size_t length, uint8_t *out);       /* 32 */
void powhash_groestl512(const uint8_t *in, size_t length, uint8_t *out);   /* 64 */
void powhash_groestl256(const uint8_t *in, size_t length, uint8_t *out);   /* 32 */
void powhash_skein512(const uint8_t *in, size_t length, uint8_t *out);     /* 64, Skein-512-512 */
void powhash_skein256(const uint8_t *in, size_t length, uint8_t *out);     /* 32, Skein-512-256 */
void powhash_jh512(const uint8_t *in, size_t length, uint8_t *out);        /* 64 */
void powhash_luffa512(const uint8_t *in, size_t length, uint8_t *out);     /* 64 */
void powhash_cubehash512(const uint8_t *in, size_t length, uint8_t *out);  /* 64, CubeHash16/32-512 */
void powhash_cubehash256(const uint8_t *in, size_t length, uint8_t *out);  /* 32, CubeHash16/32-256 */

/* --- shavite, simd, echo, hamsi, fugue, shabal, whirlpool, tiger --- */
void powhash_shavite512(const uint8_t *in, size_t length, uint8_t *out);  /* 64 */
void powhash_simd512(const uint8_t *in, size_t length, uint8_t *out);     /* 64 */
void powhash_echo512(const uint8_t *in, size_t length, uint8_t *out);     /* 64 */
void powhash_hamsi512(const uint8_t *in, size_t length, uint8_t *out);    /* 64 */
void powhash_fugue512(const uint8_t *in, size_t length, uint8_t *out);    /* 64 */
void powhash_fugue256(const uint8_t *in, size_t length, uint8_t *out);    /* 32 */
void powhash_shabal512(const uint8_t *in, size_t length, uint8_t *out);   /* 64 */
void powhash_whirlpool(const uint8_t *in, size_t length, uint8_t *out);   /* 64 */
void powhash_tiger(const uint8_t *in, size_t length, uint8_t *out);       /* 24, original padding 0x01 */

/* --- hefty1, neoscrypt, yescrypt and what they are made of --- */
void powhash_hefty1(const uint8_t *in, size_t length, uint8_t *out);   /* 32 */
void powhash_blake2s(const uint8_t *in, size_t length, uint8_t *out);  /* 32 */

#endif
