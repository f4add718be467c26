/* Blue Midnight Wish's compression function, for words of 32 and of 64 bits alike: the SHA-3 submission for the second
 * round, tables 2 to 6. Included once by bmw256.c and once by bmw512.c, after they define
 *   WORD        the type of a word
 *   ROTL(x, n)  its rotation
 *   S0 to S3    the logic functions that shift and rotate
 *   R1 to R7    rotations of the expansion's simple rule
 *   K_STEP      what the round's constant grows by: K(j) = j * K_STEP */

#define S4(x) (((x) >> 1) ^ (x))
#define S5(x) (((x) >> 2) ^ (x))

/* What the message and the chaining value add to word 16 + j of q. */
#define FROM_MESSAGE(j) ROTL(m[(j) % 16], (j) % 16 + 1)
#define ADDED(j)                                                                                         \
    ((FROM_MESSAGE(j) + FROM_MESSAGE((j) + 3) - FROM_MESSAGE((j) + 10) + ((j) + 16) * (WORD)K_STEP) ^    \
     h[((j) + 7) % 16])

/* The first two words of the expansion mix all sixteen words before them alike. */
#define EXPAND_FULL(j)                                                                            \
    (q[16 + (j)] = S1(q[(j)]) + S2(q[(j) + 1]) + S3(q[(j) + 2]) + S0(q[(j) + 3]) +                \
                   S1(q[(j) + 4]) + S2(q[(j) + 5]) + S3(q[(j) + 6]) + S0(q[(j) + 7]) +            \
                   S1(q[(j) + 8]) + S2(q[(j) + 9]) + S3(q[(j) + 10]) + S0(q[(j) + 11]) +          \
                   S1(q[(j) + 12]) + S2(q[(j) + 13]) + S3(q[(j) + 14]) + S0(q[(j) + 15]) + ADDED(j))

#define EXPAND_SIMPLE(j)                                                                          \
    (q[16 + (j)] = q[(j)] + R1(q[(j) + 1]) + q[(j) + 2] + R2(q[(j) + 3]) + q[(j) + 4] +           \
                   R3(q[(j) + 5]) + q[(j) + 6] + R4(q[(j) + 7]) + q[(j) + 8] + R5(q[(j) + 9]) +   \
                   q[(j) + 10] + R6(q[(j) + 11]) + q[(j) + 12] + R7(q[(j) + 13]) +                \
                   S4(q[(j) + 14]) + S5(q[(j) + 15]) + ADDED(j))

static inline void mix_in(WORD q[32], const WORD m[16], const WORD h[16]) {
    WORD x[16];
    for (int i = 0; i < 16; i++) x[i] = m[i] ^ h[i];
    q[0] = S0(x[5] - x[7] + x[10] + x[13] + x[14]) + h[1];
    q[1] = S1(x[6] - x[8] + x[11] + x[14] - x[15]) + h[2];
    q[2] = S2(x[0] + x[7] + x[9] - x[12] + x[15]) + h[3];
    q[3] = S3(x[0] - x[1] + x[8] - x[10] + x[13]) + h[4];
    q[4] = S4(x[1] + x[2] + x[9] - x[11] - x[14]) + h[5];
    q[5] = S0(x[3] - x[2] + x[10] - x[12] + x[15]) + h[6];
    q[6] = S1(x[4] - x[0] - x[3] - x[11] + x[13]) + h[7];
    q[7] = S2(x[1] - x[4] - x[5] - x[12] - x[14]) + h[8];
    q[8] = S3(x[2] - x[5] - x[6] + x[13] - x[15]) + h[9];
    q[9] = S4(x[0] - x[3] + x[6] - x[7] + x[14]) + h[10];
    q[10] = S0(x[8] - x[1] - x[4] - x[7] + x[15]) + h[11];
    q[11] = S1(x[8] - x[0] - x[2] - x[5] + x[9]) + h[12];
    q[12] = S2(x[1] + x[3] - x[6] - x[9] + x[10]) + h[13];
    q[13] = S3(x[2] + x[4] + x[7] + x[10] + x[11]) + h[14];
    q[14] = S4(x[3] - x[5] + x[8] - x[11] - x[12]) + h[15];
    q[15] = S0(x[12] - x[4] - x[6] - x[9] + x[13]) + h[0];
}

static inline void expand(WORD q[32], const WORD m[16], const WORD h[16]) {
    EXPAND_FULL(0);
    EXPAND_FULL(1);
    EXPAND_SIMPLE(2);
    EXPAND_SIMPLE(3);
    EXPAND_SIMPLE(4);
    EXPAND_SIMPLE(5);
    EXPAND_SIMPLE(6);
    EXPAND_SIMPLE(7);
    EXPAND_SIMPLE(8);
    EXPAND_SIMPLE(9);
    EXPAND_SIMPLE(10);
    EXPAND_SIMPLE(11);
    EXPAND_SIMPLE(12);
    EXPAND_SIMPLE(13);
    EXPAND_SIMPLE(14);
    EXPAND_SIMPLE(15);
}

static inline void fold(WORD h[16], const WORD q[32], const WORD m[16]) {
    WORD low = q[16] ^ q[17] ^ q[18] ^ q[19] ^ q[20] ^ q[21] ^ q[22] ^ q[23];
    WORD all = low ^ q[24] ^ q[25] ^ q[26] ^ q[27] ^ q[28] ^ q[29] ^ q[30] ^ q[31];
    h[0] = ((all << 5) ^ (q[16] >> 5) ^ m[0]) + (low ^ q[24] ^ q[0]);
    h[1] = ((all >> 7) ^ (q[17] << 8) ^ m[1]) + (low ^ q[25] ^ q[1]);
    h[2] = ((all >> 5) ^ (q[18] << 5) ^ m[2]) + (low ^ q[26] ^ q[2]);
    h[3] = ((all >> 1) ^ (q[19] << 5) ^ m[3]) + (low ^ q[27] ^ q[3]);
    h[4] = ((all >> 3) ^ q[20] ^ m[4]) + (low ^ q[28] ^ q[4]);
    h[5] = ((all << 6) ^ (q[21] >> 6) ^ m[5]) + (low ^ q[29] ^ q[5]);
    h[6] = ((all >> 4) ^ (q[22] << 6) ^ m[6]) + (low ^ q[30] ^ q[6]);
    h[7] = ((all >> 11) ^ (q[23] << 2) ^ m[7]) + (low ^ q[31] ^ q[7]);
    h[8] = ROTL(h[4], 9) + (all ^ q[24] ^ m[8]) + ((low << 8) ^ q[23] ^ q[8]);
    h[9] = ROTL(h[5], 10) + (all ^ q[25] ^ m[9]) + ((low >> 6) ^ q[16] ^ q[9]);
    h[10] = ROTL(h[6], 11) + (all ^ q[26] ^ m[10]) + ((low << 6) ^ q[17] ^ q[10]);
    h[11] = ROTL(h[7], 12) + (all ^ q[27] ^ m[11]) + ((low << 4) ^ q[18] ^ q[11]);
    h[12] = ROTL(h[0], 13) + (all ^ q[28] ^ m[12]) + ((low >> 3) ^ q[19] ^ q[12]);
    h[13] = ROTL(h[1], 14) + (all ^ q[29] ^ m[13]) + ((low >> 4) ^ q[20] ^ q[13]);
    h[14] = ROTL(h[2], 15) + (all ^ q[30] ^ m[14]) + ((low >> 7) ^ q[21] ^ q[14]);
    h[15] = ROTL(h[3], 16) + (all ^ q[31] ^ m[15]) + ((low >> 2) ^ q[22] ^ q[15]);
}

static void compress(WORD h[16], const WORD m[16]) {
    WORD q[32];
    mix_in(q, m, h);
    expand(q, m, h);
    fold(h, q, m);
}
