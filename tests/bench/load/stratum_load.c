/* Loads a stratum server of this machine with many miners and prints what they saw as one line of JSON. Linux.
 *
 *   stratum_load --port P [--conns N] [--user NAME.%d] [--src ADDRESSES] [--settle S] [--announce]
 *     closed loop: --window SHARES        each miner has so many under way: how much the server can do
 *     open loop:   --rate SHARES_A_SECOND latency counts from when a share was due, not from when it was sent
 *     idle:        --window 0             who hears of new blocks, and when: with --kts as the kernel stamped them
 *     [--warmup S] [--duration S] [--count ANSWERS] [--pid PID,PID] [--control FILE] [--max-seconds S]
 *
 * FILE has a line `PREVHASH NANOSECONDS` for each block: when it came into being, by the monotonic clock. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "figures.h"
#include "miners.h"
#include "report.h"
#include "tally.h"

enum { CONNECTING_AT_ONCE = 64, SETUP_SECONDS = 120, ANSWER_SECONDS = 10 };

static const uint64_t SECOND_NS = 1000000000, PAUSE_NS = 50000000;

static struct setting setting = {.count = 100, .user = "w.%d", .sources = 1, .window = 1};
static struct report report;
static double rate, warm_up = 1, duration = 10, settle = 1;
static uint64_t most_answers;
static int announces;

static uint64_t seconds_ns(double seconds) {
    return (uint64_t)(seconds * (double)SECOND_NS);
}

static uint64_t answers(void) {
    return tally.accepted + tally.refused;
}

static uint64_t until(uint64_t end_ns) {
    uint64_t now_ns = monotonic_ns();
    if (now_ns >= end_ns) return 0;
    return end_ns - now_ns < PAUSE_NS ? end_ns - now_ns : PAUSE_NS;
}

static void rest_until(uint64_t end_ns) {
    while (until(end_ns) > 0) miners_pump(until(end_ns));
}

static void set_up(void) {
    struct instant before = report_instant(&report);
    uint64_t give_up_ns = before.ns + SETUP_SECONDS * SECOND_NS;
    while (tally.ready + tally.gone < setting.count && monotonic_ns() < give_up_ns) {
        while (tally.connecting < CONNECTING_AT_ONCE && miners_connect_next()) {}
        miners_pump(PAUSE_NS);
    }
    report.empty = before;
    report.set_up = report_instant(&report);
    report.logged_in = tally.ready;
    rest_until(monotonic_ns() + seconds_ns(settle));
    report.settled = report_instant(&report);
    if (announces) fprintf(stderr, "ready %d\n", tally.ready);
}

/* Submit what is due until then; the next share is due at the returned time. */
static uint64_t open_loop(uint64_t due_ns, uint64_t end_ns) {
    while (due_ns < end_ns) {
        uint64_t now_ns = monotonic_ns();
        for (; due_ns <= now_ns && due_ns < end_ns; due_ns += seconds_ns(1 / rate)) miners_submit(due_ns);
        miners_pump(until(due_ns));
    }
    return due_ns;
}

static void closed_loop(uint64_t end_ns, uint64_t enough) {
    while (until(end_ns) > 0 && tally.ready > 0 && (enough == 0 || answers() < enough)) miners_pump(until(end_ns));
}

static void await_answers(void) {
    uint64_t give_up_ns = monotonic_ns() + ANSWER_SECONDS * SECOND_NS;
    miners_stop();
    while (miners_under_way() > 0 && until(give_up_ns) > 0) miners_pump(until(give_up_ns));
    report.unanswered = miners_under_way();
}

static void load(void) {
    uint64_t due_ns = monotonic_ns();
    if (rate > 0) due_ns = open_loop(due_ns, due_ns + seconds_ns(warm_up));
    else if (setting.window > 0) miners_begin();
    closed_loop(due_ns + seconds_ns(rate > 0 ? 0 : warm_up), 0);
    report.begun = report_instant(&report);
    report.accepted_before = tally.accepted;
    report.answers_before = answers();
    miners_measure(1);
    uint64_t end_ns = report.begun.ns + seconds_ns(duration);
    if (rate > 0) open_loop(due_ns, end_ns);
    else closed_loop(end_ns, most_answers == 0 ? 0 : report.answers_before + most_answers);
    report.ended = report_instant(&report);
    report.answers = answers() - report.answers_before;
    await_answers();
}

static void read_pids(char *list) {
    for (char *pid; (pid = strsep(&list, ",")) != NULL && report.pid_count < MOST_PROCESSES;) {
        report.pids[report.pid_count++] = atoi(pid);
    }
}

enum {
    PORT = 1, CONNS, USER, SRC, SETTLE, ANNOUNCE, WINDOW, RATE, KTS, WARMUP, DURATION, COUNT, PID, CONTROL, MAX
};

static void read_option(int option) {
    switch (option) {
        case PORT: setting.port = atoi(optarg); break;
        case CONNS: setting.count = atoi(optarg); break;
        case USER: setting.user = optarg; break;
        case SRC: setting.sources = atoi(optarg); break;
        case SETTLE: settle = atof(optarg); break;
        case ANNOUNCE: announces = 1; break;
        case WINDOW: setting.window = atoi(optarg); break;
        case RATE: rate = atof(optarg); break;
        case KTS: setting.stamps = 1; break;
        case WARMUP: warm_up = atof(optarg); break;
        case DURATION: duration = atof(optarg); break;
        case COUNT: most_answers = strtoull(optarg, NULL, 10); break;
        case PID: read_pids(optarg); break;
        case CONTROL: report.control = optarg; break;
        case MAX: alarm((unsigned)atoi(optarg)); break;
        default: exit(2);
    }
}

static void read_options(int count, char **words) {
    static const struct option options[] = {
        {"port", 1, 0, PORT},         {"conns", 1, 0, CONNS},     {"user", 1, 0, USER},     {"src", 1, 0, SRC},
        {"settle", 1, 0, SETTLE},     {"announce", 0, 0, ANNOUNCE}, {"window", 1, 0, WINDOW}, {"rate", 1, 0, RATE},
        {"kts", 0, 0, KTS},           {"warmup", 1, 0, WARMUP},   {"duration", 1, 0, DURATION}, {"count", 1, 0, COUNT},
        {"pid", 1, 0, PID},           {"control", 1, 0, CONTROL}, {"max-seconds", 1, 0, MAX}, {0, 0, 0, 0}};
    for (int option; (option = getopt_long(count, words, "", options, NULL)) != -1;) read_option(option);
    const char *number = strchr(setting.user, '%');
    int is_sound = setting.port > 0 && setting.count > 0 && setting.window <= MOST_UNDER_WAY &&
                   (number == NULL || (number[1] == 'd' && strchr(number + 1, '%') == NULL));
    if (is_sound) return;
    fprintf(stderr, "stratum_load: a port, connections, a window of at most %d, and one %%d in the user\n", MOST_UNDER_WAY);
    exit(2);
}

int main(int count, char **words) {
    struct rlimit files;
    alarm(300);
    read_options(count, words);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    prctl(PR_SET_TIMERSLACK, 1ul); /* otherwise 50 us late */
    report.setting = &setting;
    report.rate = rate;
    miners_create(&setting);
    set_up();
    load();
    report_print(&report);
    return 0;
}
