#include "tally.h"

#include <stdlib.h>
#include <string.h>

struct tally tally;

void tally_error(struct json error) {
    struct json items[1];
    int number = json_items(error, items, 1) == 1 ? atoi(items[0].start) : 0;
    int i = 0;
    while (i < MOST_ERRORS - 1 && tally.errors[i].count > 0 && tally.errors[i].number != number) i++;
    tally.errors[i].number = number;
    tally.errors[i].count++;
}

static struct block *find_block(const char *prevhash, int miners) {
    for (int i = tally.block_count - 1; i >= 0; i--) {
        if (strcmp(tally.blocks[i].prevhash, prevhash) == 0) return &tally.blocks[i];
    }
    if (tally.block_count == MOST_BLOCKS) return NULL;
    struct block *block = &tally.blocks[tally.block_count++];
    strcpy(block->prevhash, prevhash);
    block->heard_ns = calloc((size_t)miners, sizeof *block->heard_ns);
    return block;
}

void tally_block(const char *prevhash, uint64_t when_ns, int miners) {
    struct block *block = find_block(prevhash, miners);
    if (block != NULL && block->heard_ns != NULL && block->heard < miners) block->heard_ns[block->heard++] = when_ns;
}
