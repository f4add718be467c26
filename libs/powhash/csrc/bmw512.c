/* BMW-512: Blue Midnight Wish, the SHA-3 submission for the second round ("tweaked"), words of 64 bits. */
#include "bytes.h"
#include "digests.h"

enum { BLOCK = 128, LENGTH_BYTES = 8 };

#define WORD uint64_t
#define ROTL rotl64
#define S0(x) (((x) >> 1) ^ ((x) << 3) ^ ROTL(x, 4) ^ ROTL(x, 37))
#define S1(x) (((x) >> 1) ^ ((x) << 2) ^ ROTL(x, 13) ^ ROTL(x, 43))
#define S2(x) (((x) >> 2) ^ ((x) << 1) ^ ROTL(x, 19) ^ ROTL(x, 53))
#define S3(x) (((x) >> 2) ^ ((x) << 2) ^ ROTL(x, 28) ^ ROTL(x, 59))
#define R1(x) ROTL(x, 5)
#define R2(x) ROTL(x, 11)
#define R3(x) ROTL(x, 27)
#define R4(x) ROTL(x, 32)
#define R5(x) ROTL(x, 37)
#define R6(x) ROTL(x, 43)
#define R7(x) ROTL(x, 53)
#define K_STEP 0x0555555555555555

#include "bmw_compress.h"

static void absorb(WORD h[16], const uint8_t *block) {
    WORD m[16];
    for (int i = 0; i < 16; i++) m[i] = load64_le(block + 8 * i);
    compress(h, m);
}

/* The rest of the message, a bit 1, zeros and the length in bits; then the chaining value as the message of a last
 * compression that starts from constants. */
static void finish(WORD h[16], const uint8_t *rest, size_t left, uint64_t length) {
    uint8_t last[2 * BLOCK] = {0};
    size_t blocks = left < BLOCK - LENGTH_BYTES ? 1 : 2;
    WORD message[16];
    memcpy(last, rest, left);
    last[left] = 0x80;
    store64_le(last + blocks * BLOCK - 8, length << 3);
    for (size_t i = 0; i < blocks; i++) absorb(h, last + i * BLOCK);
    memcpy(message, h, sizeof message);
    for (int i = 0; i < 16; i++) h[i] = 0xaaaaaaaaaaaaaaa0 + (WORD)i;
    compress(h, message);
}

void powhash_bmw512(const uint8_t *in, size_t length, uint8_t *out) {
    WORD h[16];
    size_t done = 0;
    for (int i = 0; i < 16; i++) h[i] = 0x8081828384858687 + (WORD)i * 0x0808080808080808;
    for (; length - done >= BLOCK; done += BLOCK) absorb(h, in + done);
    finish(h, in + done, length - done, length);
    for (int i = 0; i < 8; i++) store64_le(out + 8 * i, h[8 + i]);
}
