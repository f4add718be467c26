/* Lyra2 with time cost 1: "Lyra2: Password Hashing Scheme with improved security against time-memory trade-offs" (the
 * Password Hashing Competition's submission, version 2). The sponge is BLAKE2b's permutation without message and
 * constants: a state of 16 words, of which 12 are rate in the matrix and 8 while the input is absorbed. */
#include "lyra2.h"

#include "bytes.h"

enum { RATE = 12, INPUT_BLOCK = 64, INPUT_BLOCKS = 2, FULL_ROUNDS = 12 };

typedef uint64_t cell[RATE];

/* BLAKE2b's starting values, the capacity's at first. */
static const uint64_t start[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

#define G(a, b, c, d)               \
    do {                            \
        a += b;                     \
        d = rotr64(d ^ a, 32);      \
        c += d;                     \
        b = rotr64(b ^ c, 24);      \
        a += b;                     \
        d = rotr64(d ^ a, 16);      \
        c += d;                     \
        b = rotr64(b ^ c, 63);      \
    } while (0)

static inline void one_round(uint64_t v[16]) {
    G(v[0], v[4], v[8], v[12]);
    G(v[1], v[5], v[9], v[13]);
    G(v[2], v[6], v[10], v[14]);
    G(v[3], v[7], v[11], v[15]);
    G(v[0], v[5], v[10], v[15]);
    G(v[1], v[6], v[11], v[12]);
    G(v[2], v[7], v[8], v[13]);
    G(v[3], v[4], v[9], v[14]);
}

static void full_permutation(uint64_t v[16]) {
    for (int i = 0; i < FULL_ROUNDS; i++) one_round(v);
}

/* A block of password and salt, and a block of the parameters of this use: sizes of output, password and salt, time
 * cost, rows, columns; then padding, a bit 1 at each end. */
static void absorb_input(uint64_t v[16], const uint8_t in[32], const struct lyra2 *lyra2) {
    uint8_t input[INPUT_BLOCKS * INPUT_BLOCK] = {0};
    const uint64_t parameters[6] = {32, 32, 32, 1, lyra2->rows, lyra2->columns};
    memcpy(input, in, 32);
    memcpy(input + 32, in, 32);
    if (!lyra2->loses_parameters) {
        for (int i = 0; i < 6; i++) store64_le(input + 64 + 8 * i, parameters[i]);
        input[64 + 48] = 0x80;
        input[sizeof input - 1] = 0x01;
    }
    memset(v, 0, 64);
    memcpy(v + 8, start, sizeof start);
    for (int block = 0; block < INPUT_BLOCKS; block++) {
        for (int i = 0; i < 8; i++) v[i] ^= load64_le(input + INPUT_BLOCK * block + 8 * i);
        full_permutation(v);
    }
}

/* Row 0 is squeezed out, its last cell first; row 1 is row 0 taken back in, again the other way round. */
static void fill_first_rows(uint64_t v[16], cell *row0, cell *row1, unsigned columns) {
    for (unsigned i = 0; i < columns; i++) {
        memcpy(row0[columns - 1 - i], v, sizeof(cell));
        one_round(v);
    }
    for (unsigned i = 0; i < columns; i++) {
        for (int j = 0; j < RATE; j++) v[j] ^= row0[i][j];
        one_round(v);
        for (int j = 0; j < RATE; j++) row1[columns - 1 - i][j] = row0[i][j] ^ v[j];
    }
}

/* The sponge takes in the sums of two rows' cells, one round each. */
static inline void take_in(uint64_t v[16], const cell a, const cell b) {
    for (int j = 0; j < RATE; j++) v[j] ^= a[j] + b[j];
    one_round(v);
}

/* The revisited row changes by the sponge turned by one word. */
static inline void revisit(cell revisited, const uint64_t v[16]) {
    revisited[0] ^= v[RATE - 1];
    for (int j = 1; j < RATE; j++) revisited[j] ^= v[j - 1];
}

/* The other rows, each from the one before and an earlier one. */
static void fill_rows(uint64_t v[16], cell *matrix, const struct lyra2 *lyra2) {
    const unsigned rows = lyra2->rows, columns = lyra2->columns;
    unsigned revisited = 0, step = 1, window = 2;
    int gap = 1;
    for (unsigned row = 2; row < rows; row++) {
        cell *before = matrix + (row - 1) * columns, *earlier = matrix + revisited * columns;
        for (unsigned i = 0; i < columns; i++) {
            uint64_t *fresh = matrix[row * columns + columns - 1 - i];
            take_in(v, before[i], earlier[i]);
            for (int j = 0; j < RATE; j++) fresh[j] = before[i][j] ^ v[j];
            revisit(earlier[i], v);
        }
        revisited = (revisited + step) & (window - 1);
        if (revisited == 0) {
            step = (unsigned)((int)window + gap);
            window *= 2;
            gap = -gap;
        }
    }
}

/* Visits every row once, in steps of half of them less one, with a row beside it that the sponge chooses. Gives the
 * last row so chosen. */
static unsigned wander(uint64_t v[16], cell *matrix, const struct lyra2 *lyra2) {
    const unsigned rows = lyra2->rows, columns = lyra2->columns;
    unsigned row = 0, previous = rows - 1, chosen;
    uint64_t word = 0;
    do {
        if (lyra2->is_chained) word = v[word & 15];
        chosen = (unsigned)v[word & 15] & (rows - 1);
        for (unsigned i = 0; i < columns; i++) {
            uint64_t *here = matrix[row * columns + i], *there = matrix[chosen * columns + i];
            take_in(v, matrix[previous * columns + i], there);
            for (int j = 0; j < RATE; j++) here[j] ^= v[j];
            revisit(there, v);
        }
        previous = row;
        row = (row + rows / 2 - 1) & (rows - 1);
    } while (row != 0);
    return chosen;
}

void powhash_lyra2(const struct lyra2 *lyra2, const uint8_t in[32], uint8_t out[32]) {
    cell matrix[LYRA2_MAX_CELLS];
    uint64_t v[16];
    absorb_input(v, in, lyra2);
    fill_first_rows(v, matrix, matrix + lyra2->columns, lyra2->columns);
    fill_rows(v, matrix, lyra2);
    const unsigned chosen = wander(v, matrix, lyra2);
    for (int j = 0; j < RATE; j++) v[j] ^= matrix[chosen * lyra2->columns][j];
    full_permutation(v);
    for (int i = 0; i < 4; i++) store64_le(out + 8 * i, v[i]);
}
