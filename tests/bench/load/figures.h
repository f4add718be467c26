/* Time, latencies, and what the kernel says about processes. Linux. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdint.h>

enum { MOST_PROCESSES = 16 };

/* Nanoseconds of the monotonic clock, which all processes share. */
uint64_t monotonic_ns(void);

/* The same instant on the monotonic clock, of nanoseconds since 1970: what the kernel stamps packets with. */
uint64_t monotonic_of(uint64_t realtime_ns);

/* Counts of latencies in steps of 1/32 octave. */
void latency_add(uint64_t ns);

/* The latency in microseconds that the fraction `part` of them did not exceed; 0 where there is none. */
double latency_us(double part);

struct process_figures {
    double cpu_seconds; /* time on a processor of the threads that live now */
    long resident_kib;
};

struct process_figures figures_of(int pid);

#endif
