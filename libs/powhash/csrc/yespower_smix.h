/* yespower's work on memory. */
#ifndef POWHASH_YESPOWER_SMIX_H
#define POWHASH_YESPOWER_SMIX_H

#include <stdint.h>

#include "row.h"

enum { YESPOWER_TABLES_BLOCKS = 1536 }; /* 96 KiB */

/* Mixes b, the first of two rows of 2r blocks each, of which the first two blocks are given, with n rows of memory. The
 * words of the blocks are in the order of Salsa20's diagonals. Tables: scratch of YESPOWER_TABLES_BLOCKS blocks. */
void powhash_yespower_smix(struct row_block *b, struct row_block *memory, struct row_block *tables, uint32_t n,
                           uint32_t r);

#endif
