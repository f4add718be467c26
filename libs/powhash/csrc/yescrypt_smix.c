/* SMix of yescrypt 0.5 in its read-write mode (A. Peslyak, "yescrypt, a Password Hashing Competition submission",
 * version 1 of 2014 to 2015), for one lane (p = 1) and no extra time (t = 0). */
#include "yescrypt_smix.h"

#include "pwxform.h"

enum { PWX_SALSA20_ROUNDS = 8, MIXING_ROUNDS = 6, TABLE_BYTES = 4096, OFFSETS = 0xff0 };

struct pwx_tables {
    const uint8_t *first, *second;
};

/* Each number's halves name rows of the two tables. */
ROW_INLINE struct row_block pwx_mixed(struct row_block x, struct pwx_tables *tables) {
    for (int round = 0; round < MIXING_ROUNDS; round++) {
        for (int i = 0; i < 4; i++) {
            uint64_t number = pwxform_first_number(x.rows[i]);
            row first = pwxform_table_row(tables->first + (number & OFFSETS));
            row second = pwxform_table_row(tables->second + (number >> 32 & OFFSETS));
            x.rows[i] = pwxform_numbers(x.rows[i], first, second);
        }
    }
    return x;
}

#include "pwx_smix.h"

void powhash_yescrypt_smix(struct row_block *b, struct row_block *memory, struct row_block *tables, uint32_t n,
                           uint32_t r) {
    const size_t blocks = (size_t)2 * r;
    const uint32_t third = (n + 2) / 3; /* rounded up */
    const uint32_t writing = third & ~UINT32_C(1), all = (third + 1) & ~UINT32_C(1);
    struct pwx_tables of_rows = {(const uint8_t *)tables, (const uint8_t *)tables + TABLE_BYTES};
    pwx_fill(b, tables, YESCRYPT_TABLES_BLOCKS / 2, 2, NULL);
    pwx_fill(b, memory, n, blocks, &of_rows);
    pwx_wander(b, memory, n, blocks, &of_rows, writing, 1);
    pwx_wander(b, memory, n, blocks, &of_rows, all - writing, 0);
}
