/* One run in figures, and its line of JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdint.h>

#include "figures.h"
#include "miners.h"

/* A moment, and what the server's processes and this one had used by then. */
struct instant {
    uint64_t ns;
    struct process_figures processes[MOST_PROCESSES];
    double own_cpu_seconds;
};

struct report {
    const struct setting *setting;
    double rate;
    int pids[MOST_PROCESSES], pid_count;
    const char *control; /* file of the moments in which blocks came into being, or NULL */
    struct instant empty, set_up, settled, begun, ended;
    int logged_in;
    uint64_t accepted_before, answers_before; /* of the warm-up */
    uint64_t answers;                         /* between begun and ended */
    uint64_t unanswered;
};

struct instant report_instant(const struct report *report);

void report_print(const struct report *report);

#endif
