/* A quotient of numbers of 224 to 320 bits as Python's division of integers gives it: correctly rounded. Both are
 * shifted until their highest bits are set; then long division in digits of 32 bits (Knuth, The Art of Computer
 * Programming 2, 4.3.1, algorithm D) gives 63 or 64 bits of the quotient, more than a double holds. */
#include "share_difficulty.h"

#include <math.h>
#include <string.h>

#include "bytes.h"

enum { DIGITS = 8, DIFF1 = 0xffff, DIFF1_SHIFT = 208 };

/* Shifts left until the highest bit is set; by how many bits. 0 becomes 1 first. */
static int normalize(uint32_t digits[DIGITS]) {
    int zero = 1, shifted = 0;
    for (int i = 0; i < DIGITS; i++) zero = zero && digits[i] == 0;
    if (zero) digits[0] = 1;
    while (digits[DIGITS - 1] == 0) {
        memmove(digits + 1, digits, (DIGITS - 1) * sizeof *digits);
        digits[0] = 0;
        shifted += 32;
    }
    int bits = 0;
    while ((digits[DIGITS - 1] << bits >> 31) == 0) bits++;
    for (int i = DIGITS - 1; bits > 0 && i > 0; i--) digits[i] = digits[i] << bits | digits[i - 1] >> (32 - bits);
    digits[0] <<= bits;
    return shifted + bits;
}

/* rest -= digit * divisor, whose lowest digits are at the same place; whether the result would be negative. */
static int subtract_multiple(uint32_t rest[DIGITS + 1], const uint32_t divisor[DIGITS], uint64_t digit) {
    uint64_t carry = 0, borrow = 0;
    for (int i = 0; i <= DIGITS; i++) {
        uint64_t product = carry + (i < DIGITS ? digit * divisor[i] : 0);
        uint64_t difference = (uint64_t)rest[i] - (uint32_t)product - borrow;
        rest[i] = (uint32_t)difference;
        borrow = difference >> 63;
        carry = product >> 32;
    }
    return (int)borrow;
}

static void add_back(uint32_t rest[DIGITS + 1], const uint32_t divisor[DIGITS]) {
    uint64_t carry = 0;
    for (int i = 0; i <= DIGITS; i++) {
        carry += (uint64_t)rest[i] + (i < DIGITS ? divisor[i] : 0);
        rest[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* One digit of the quotient; `rest` becomes what is left, less than the divisor, so that its highest digit is 0. */
static uint32_t divide_digit(uint32_t rest[DIGITS + 1], const uint32_t divisor[DIGITS]) {
    const uint64_t top = (uint64_t)rest[DIGITS] << 32 | rest[DIGITS - 1];
    uint64_t digit = top / divisor[DIGITS - 1]; /* at most two too large */
    if (digit > UINT32_MAX) digit = UINT32_MAX;
    for (int negative = subtract_multiple(rest, divisor, digit); negative; digit--) {
        add_back(rest, divisor);
        negative = rest[DIGITS] != 0;
    }
    return (uint32_t)digit;
}

double share_difficulty(const uint8_t hash[32], uint64_t multiplier) {
    uint32_t divisor[DIGITS], rest[DIGITS + 2] = {0};
    for (int i = 0; i < DIGITS; i++) divisor[i] = load32_le(hash + 4 * i);
    int exponent = DIFF1_SHIFT + normalize(divisor) - 255;
    uint64_t dividend = DIFF1 * multiplier;
    for (; dividend >> 63 == 0; dividend <<= 1) exponent--;
    /* dividend * 2^255, in ten digits */
    rest[DIGITS + 1] = (uint32_t)(dividend >> 33);
    rest[DIGITS] = (uint32_t)(dividend >> 1);
    rest[DIGITS - 1] = (uint32_t)(dividend << 31);
    const uint64_t high = divide_digit(rest + 1, divisor);
    uint64_t quotient = high << 32 | divide_digit(rest, divisor);
    for (int i = 0; i < DIGITS; i++) {
        if (rest[i] != 0) quotient |= 1; /* it is not a tie */
    }
    return ldexp((double)quotient, exponent);
}
