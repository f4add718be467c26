#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tally.h"

struct instant report_instant(const struct report *report) {
    struct instant instant = {.ns = monotonic_ns()};
    for (int i = 0; i < report->pid_count; i++) instant.processes[i] = figures_of(report->pids[i]);
    instant.own_cpu_seconds = figures_of(getpid()).cpu_seconds;
    return instant;
}

static double cpu_seconds(const struct report *report, const struct instant *from, const struct instant *to) {
    double sum = 0;
    for (int i = 0; i < report->pid_count; i++) sum += to->processes[i].cpu_seconds - from->processes[i].cpu_seconds;
    return sum;
}

static long resident_kib(const struct report *report, const struct instant *at) {
    long sum = 0;
    for (int i = 0; i < report->pid_count; i++) sum += at->processes[i].resident_kib;
    return sum;
}

static double each(double sum, uint64_t count) {
    return count > 0 ? sum / (double)count : 0;
}

static void print_setup(const struct report *report) {
    long before = resident_kib(report, &report->empty), after = resident_kib(report, &report->settled);
    uint64_t miners = (uint64_t)report->logged_in;
    printf("{\"conns\":%d,\"setup_ok\":%d,\"dead\":%d,\"setup_s\":%.3f", report->setting->count, report->logged_in,
           tally.gone, (double)(report->set_up.ns - report->empty.ns) / 1e9);
    printf(",\"setup_cpu_us_per_conn_sched\":%.2f",
           each(cpu_seconds(report, &report->empty, &report->set_up) * 1e6, miners));
    printf(",\"rss0_kb\":%ld,\"rss_idle_kb\":%ld,\"rss_kb_per_conn\":%.2f", before, after,
           each((double)(after - before), miners));
}

static void print_shares(const struct report *report) {
    double seconds = (double)(report->ended.ns - report->begun.ns) / 1e9;
    printf(",\"seconds\":%.3f,\"answers\":%" PRIu64 ",\"accepted\":%" PRIu64, seconds, report->answers,
           tally.accepted - report->accepted_before);
    printf(",\"rejected\":%" PRIu64 ",\"skipped\":%" PRIu64 ",\"unanswered\":%" PRIu64 ",\"ever_accepted\":%" PRIu64,
           tally.refused, tally.skipped, report->unanswered, tally.accepted);
    printf(",\"per_s\":%.1f,\"errors\":{", (double)report->answers / seconds);
    for (int i = 0; i < MOST_ERRORS && tally.errors[i].count > 0; i++) {
        printf("%s\"%d\":%" PRIu64, i > 0 ? "," : "", tally.errors[i].number, tally.errors[i].count);
    }
    printf("},\"lat_us\":{\"p50\":%.0f,\"p90\":%.0f,\"p99\":%.0f,\"p999\":%.0f,\"max\":%.0f}", latency_us(.5),
           latency_us(.9), latency_us(.99), latency_us(.999), latency_us(1));
}

static void print_cpu(const struct report *report) {
    double seconds = (double)(report->ended.ns - report->begun.ns) / 1e9;
    printf(",\"cpu_us_per_share_sched\":%.3f",
           each(cpu_seconds(report, &report->begun, &report->ended) * 1e6, report->answers));
    printf(",\"cpu_by_pid_s\":{");
    for (int i = 0; i < report->pid_count; i++) {
        double spent = report->ended.processes[i].cpu_seconds - report->begun.processes[i].cpu_seconds;
        printf("%s\"%d\":%.6f", i > 0 ? "," : "", report->pids[i], spent);
    }
    printf("},\"client_busy\":%.3f", (report->ended.own_cpu_seconds - report->begun.own_cpu_seconds) / seconds);
}

/* When the block came into being, as the control file says; 0 where it does not. */
static uint64_t changed_ns(const char *control, const char *prevhash) {
    char named[2 * HASH_HEX];
    uint64_t ns, found = 0;
    FILE *file = control == NULL ? NULL : fopen(control, "r");
    if (file == NULL) return 0;
    while (found == 0 && fscanf(file, "%127s %" SCNu64, named, &ns) == 2) found = strcmp(named, prevhash) == 0 ? ns : 0;
    fclose(file);
    return found;
}

static int earlier(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static double ms_between(uint64_t from_ns, uint64_t to_ns) {
    return ((double)to_ns - (double)from_ns) / 1e6;
}

static void print_block(const struct report *report, const struct block *block) {
    int heard = block->heard;
    const uint64_t *at = block->heard_ns;
    uint64_t changed = changed_ns(report->control, block->prevhash);
    qsort(block->heard_ns, (size_t)heard, sizeof *block->heard_ns, earlier);
    printf("{\"got\":%d,\"spread_ms\":{\"p50\":%.2f,\"p99\":%.2f,\"last\":%.2f}", heard, ms_between(at[0], at[heard / 2]),
           ms_between(at[0], at[heard * 99 / 100]), ms_between(at[0], at[heard - 1]));
    if (changed > 0) {
        printf(",\"from_tip_ms\":{\"first\":%.2f,\"p50\":%.2f,\"last\":%.2f}", ms_between(changed, at[0]),
               ms_between(changed, at[heard / 2]), ms_between(changed, at[heard - 1]));
    }
    printf("}");
}

void report_print(const struct report *report) {
    print_setup(report);
    print_shares(report);
    print_cpu(report);
    printf(",\"blocks\":[");
    for (int i = 0; i < tally.block_count; i++) {
        if (i > 0) printf(",");
        print_block(report, &tally.blocks[i]);
    }
    printf("],\"timestamps\":\"%s\"}\n", report->setting->stamps ? "kernel" : "after read");
}
