/* The work of yespower 1.0 on memory (A. Peslyak, "yespower", 2018): that of yescrypt 0.5, but the tables are larger,
 * are three of which two are read, and are written to as they are read. */
#include "yespower_smix.h"

#include "pwxform.h"

enum { PWX_SALSA20_ROUNDS = 2, MIXING_ROUNDS = 3, TABLE_BYTES = 32768, OFFSETS = 0x7ff0 };

struct pwx_tables {
    uint8_t *first, *second, *third;
    size_t written; /* where to write next in the first two */
};

ROW_INLINE row mixed_row(row x, const struct pwx_tables *tables) {
    uint64_t number = pwxform_first_number(x);
    row first = pwxform_table_row(tables->first + (number & OFFSETS));
    row second = pwxform_table_row(tables->second + (number >> 32 & OFFSETS));
    return pwxform_numbers(x, first, second);
}

/* The first pair of rows is written in each round, the second in the first round only; before the next row is read. */
ROW_INLINE struct row_block pwx_mixed(struct row_block x, struct pwx_tables *tables) {
    for (int round = 0; round < MIXING_ROUNDS; round++) {
        for (int i = 0; i < 4; i += 2) {
            x.rows[i] = mixed_row(x.rows[i], tables);
            if (round == 0 || i == 0) memcpy(tables->first + tables->written, &x.rows[i], sizeof x.rows[i]);
            x.rows[i + 1] = mixed_row(x.rows[i + 1], tables);
            if (round == 0 || i == 0) {
                memcpy(tables->second + tables->written, &x.rows[i + 1], sizeof x.rows[i + 1]);
                tables->written += sizeof x.rows[i];
            }
        }
    }
    uint8_t *first = tables->first;
    tables->first = tables->third;
    tables->third = tables->second;
    tables->second = first;
    tables->written &= OFFSETS;
    return x;
}

#include "pwx_smix.h"

/* The other blocks of the first row, two at a time, each pair mixed out of the one before. */
static void widen(struct row_block *b, uint32_t r, struct pwx_tables *tables) {
    for (size_t i = 2; i < (size_t)2 * r; i += 2) {
        struct pwx_step step = {b + i - 2, NULL, b + i, 0};
        pwx_mix(&step, 2, tables);
    }
}

void powhash_yespower_smix(struct row_block *b, struct row_block *memory, struct row_block *tables, uint32_t n,
                           uint32_t r) {
    const size_t blocks = (size_t)2 * r;
    const uint32_t third = ((n + 2) / 3 + 1) & ~UINT32_C(1); /* rounded up, to an even number */
    uint8_t *first = (uint8_t *)tables;
    struct pwx_tables of_rows = {first, first + TABLE_BYTES, first + 2 * TABLE_BYTES, 0};
    pwx_fill(b, tables, YESPOWER_TABLES_BLOCKS / 2, 2, NULL);
    widen(b, r, &of_rows);
    pwx_fill(b, memory, n, blocks, &of_rows);
    pwx_wander(b, memory, n, blocks, &of_rows, third, 1);
}
