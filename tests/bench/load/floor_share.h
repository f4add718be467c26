/* The check of a share at its least: sha256d, one job, every hash is good enough. */
#ifndef BENCH_FLOOR_SHARE_H
#define BENCH_FLOOR_SHARE_H

#include <stdint.h>

#include "json_scan.h"

enum { FLOOR_STEPS = 12 };

/* Whether the parameters of mining.submit, five of them, are of the right form; and their hash was computed. */
int floor_share_passes(uint32_t extranonce1, const struct json *params);

#endif
