/* The AES's S-box and the tables of its round, from their definition in FIPS 197, 4.2 and 5.1. */
#include "aes_round.h"

#include <pthread.h>

#include "bytes.h"

static struct powhash_aes tables;
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* x times the polynomial, modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t doubled(uint8_t a) { return (uint8_t)((a << 1) ^ ((a >> 7) * 0x1b)); }

static uint8_t rotated(uint8_t a, int n) { return (uint8_t)((a << n) | (a >> (8 - n))); }

/* 3 generates the field's 255 units: its powers are the bytes, and the powers of its inverse are their inverses. */
static void make_sbox(uint8_t sbox[256]) {
    uint8_t powers[255];
    uint8_t power = 1;
    for (int i = 0; i < 255; i++) {
        powers[i] = power;
        power ^= doubled(power);
    }
    sbox[0] = 0x63;
    for (int i = 0; i < 255; i++) {
        uint8_t b = powers[(255 - i) % 255];
        sbox[powers[i]] = b ^ rotated(b, 1) ^ rotated(b, 2) ^ rotated(b, 3) ^ rotated(b, 4) ^ 0x63;
    }
}

static void make_tables(void) {
    make_sbox(tables.sbox);
    for (int x = 0; x < 256; x++) {
        const uint8_t s = tables.sbox[x], s2 = doubled(s);
        const uint32_t column = s2 | (uint32_t)s << 8 | (uint32_t)s << 16 | (uint32_t)(s ^ s2) << 24;
        for (unsigned row = 0; row < 4; row++) tables.columns[row][x] = rotl32(column, 8 * row);
    }
}

const struct powhash_aes *powhash_aes_tables(void) {
    (void)pthread_once(&made, make_tables);
    return &tables;
}
