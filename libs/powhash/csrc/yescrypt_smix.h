/* yescrypt's work on memory. */
#ifndef POWHASH_YESCRYPT_SMIX_H
#define POWHASH_YESCRYPT_SMIX_H

#include <stdint.h>

#include "row.h"

enum { YESCRYPT_TABLES_BLOCKS = 128 }; /* 8 KiB */

/* Mixes b, the first of two rows of 2r blocks each, with n rows of memory. The words of the blocks are in the order of
 * Salsa20's diagonals. Tables: scratch of YESCRYPT_TABLES_BLOCKS blocks. */
void powhash_yescrypt_smix(struct row_block *b, struct row_block *memory, struct row_block *tables, uint32_t n,
                           uint32_t r);

#endif
