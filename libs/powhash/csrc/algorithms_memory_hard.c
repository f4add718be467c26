/* The algorithms of this family: hefty1, which was meant to be hard for graphics cards, and those that are hard for
 * whoever has little memory. */
#include "bytes.h"
#include "digests.h"
#include "neoscrypt.h"
#include "registry.h"
#include "yescrypt.h"
#include "yespower.h"

enum { DIGEST = 32, HEADER = 80 };

/* What no hash gives: the mark of a digest that could not be made. */
static void mark_unless(int is_made, uint8_t out[DIGEST]) {
    if (!is_made) memset(out, 0xff, DIGEST);
}

enum direction { FORWARDS, BACKWARDS };

/* 64 bits of each of four digests in turn, the highest of a byte first; from the first byte on or the 32nd back. */
static void interleave(const uint8_t *const digests[4], enum direction direction, uint8_t out[DIGEST]) {
    const unsigned turned = direction == BACKWARDS ? DIGEST - 1 : 0; /* i ^ 31 is 31 - i */
    memset(out, 0, DIGEST);
    for (unsigned i = 0; i < 8 * DIGEST; i++) {
        unsigned bit = i / 4, at = i / 8 ^ turned;
        unsigned value = digests[i % 4][bit / 8 ^ turned] >> (7 - bit % 8) & 1;
        out[at] = (uint8_t)(out[at] | value << (7 - i % 8));
    }
}

/* HEFTY1 behind the header, and four digests of both in one. */
static void four_digests(const uint8_t in[HEADER], enum direction direction, uint8_t out[DIGEST]) {
    uint8_t both[HEADER + DIGEST], sha256[32], keccak512[64], groestl512[64], blake512[64];
    memcpy(both, in, HEADER);
    powhash_hefty1(in, HEADER, both + HEADER);
    powhash_sha256(both, sizeof both, sha256);
    powhash_keccak512(both, sizeof both, keccak512);
    powhash_groestl512(both, sizeof both, groestl512);
    powhash_blake512(both, sizeof both, blake512);
    interleave((const uint8_t *const[]){sha256, keccak512, groestl512, blake512}, direction, out);
}

/* As NOMP hashes it. No chain agrees. */
static void hefty1(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    (void)length;
    four_digests(in, FORWARDS, out);
}

/* As Heavycoin and Mjollnircoin hash: their digests are numbers, so the bits come from the highest down. */
static void heavy(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    (void)length;
    four_digests(in, BACKWARDS, out);
}

static void neoscrypt(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    (void)length;
    mark_unless(powhash_neoscrypt(in, out) == 0, out);
}

static void yescrypt_of(const uint8_t *in, size_t length, const struct powhash_yescrypt_settings settings,
                        uint8_t out[DIGEST]) {
    mark_unless(powhash_yescrypt(in, length, &settings, out) == 0, out);
}

/* Of GlobalBoost-Y and Myriadcoin. */
static void yescrypt(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yescrypt_of(in, length, (struct powhash_yescrypt_settings){.n = 2048, .r = 8, .client_key = NULL}, out);
}

/* Of BitZeny. */
static void yescrypt_r8(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yescrypt_of(in, length, (struct powhash_yescrypt_settings){.n = 2048, .r = 8, .client_key = "Client Key"}, out);
}

/* Of Yenten until 2019. */
static void yescrypt_r16(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yescrypt_of(in, length, (struct powhash_yescrypt_settings){.n = 4096, .r = 16, .client_key = "Client Key"}, out);
}

/* Of Wavi. */
static void yescrypt_r32(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yescrypt_of(in, length, (struct powhash_yescrypt_settings){.n = 4096, .r = 32, .client_key = "WaviBanana"}, out);
}

static void yespower_of(const uint8_t *in, size_t length, const struct powhash_yespower_settings settings,
                        uint8_t out[DIGEST]) {
    mark_unless(powhash_yespower(in, length, &settings, out) == 0, out);
}

/* Of Bellcoin. */
static void yespower(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yespower_of(in, length, (struct powhash_yespower_settings){.n = 2048, .r = 32, .personality = NULL}, out);
}

/* Of Yenten. */
static void yespower_r16(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yespower_of(in, length, (struct powhash_yespower_settings){.n = 4096, .r = 16, .personality = NULL}, out);
}

/* Of Sugarchain. */
static void yespower_sugar(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    static const char text[] = "Satoshi Nakamoto 31/Oct/2008 Proof-of-work is essentially one-CPU-one-vote";
    yespower_of(in, length, (struct powhash_yespower_settings){.n = 2048, .r = 32, .personality = text}, out);
}

/* Of Tidecoin. */
static void yespower_tide(const uint8_t *in, size_t length, uint8_t out[DIGEST]) {
    yespower_of(in, length, (struct powhash_yespower_settings){.n = 2048, .r = 8, .personality = NULL}, out);
}

const struct powhash_algorithm powhash_memory_algorithms[] = {
    {"hefty1", hefty1, HEADER, 1},
    {"heavy", heavy, HEADER, 1},
    {"neoscrypt", neoscrypt, HEADER, 1},
    {"yescrypt", yescrypt, HEADER, 1},
    {"yescryptR8", yescrypt_r8, HEADER, 1},
    {"yescryptR16", yescrypt_r16, HEADER, 1},
    {"yescryptR32", yescrypt_r32, HEADER, 1},
    {"yespower", yespower, HEADER, 1},
    {"yespowerR16", yespower_r16, HEADER, 1},
    {"yespowerSUGAR", yespower_sugar, HEADER, 1},
    {"yespowerTIDE", yespower_tide, HEADER, 1},
    {"blake2s", powhash_blake2s, 0, 0},
    {NULL, NULL, 0, 0},
};
