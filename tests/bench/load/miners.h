/* Miners of one server: connections that log in, hear of jobs and submit shares that nobody has worked for. What
 * becomes of them is in `tally`. */
#ifndef BENCH_MINERS_H
#define BENCH_MINERS_H

#include <stdint.h>

enum { MOST_UNDER_WAY = 64 };

struct setting {
    int port, count;
    const char *user; /* with one %d for the miner's number */
    int sources;      /* addresses 127.0.0.2 and up that they come from in turn; 1: where the kernel likes */
    int window;       /* shares that a miner keeps under way in a closed loop; 0 where there is none */
    int stamps;       /* whether the kernel says when something came */
};

void miners_create(const struct setting *setting);

/* Let the next one connect; 0 when none is left. */
int miners_connect_next(void);

/* Whether latencies count now. */
void miners_measure(int measured);

/* Closed loop: let each submit, and again after each answer, until stopped. */
void miners_begin(void);
void miners_stop(void);

/* Open loop: the next ready miner submits a share that was due then. It is skipped where all have many under way. */
void miners_submit(uint64_t due_ns);

/* Shares that are not answered. */
uint64_t miners_under_way(void);

/* Wait for something to happen, so long at most, and see to it. */
void miners_pump(uint64_t most_ns);

#endif
