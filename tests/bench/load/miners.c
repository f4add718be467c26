#define _GNU_SOURCE
#include "miners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "json_scan.h"
#include "tally.h"

enum { EVENTS = 512, INPUT_BYTES = 1 << 20, FIRST_ID = 1000, NOTIFY_ITEMS = 9, WIDEST_EXTRANONCE2 = 16 };
enum state { CONNECTING, LOGGING_IN, READY, GONE };
enum id { SUBSCRIBE = 1, AUTHORIZE = 2 };

struct miner {
    int fd, number;
    enum state state;
    int subscribed, authorized, extranonce2_bytes;
    char job_id[80], ntime[9], prevhash[HASH_HEX + 1];
    uint64_t submitted;
    int under_way;
    uint64_t due_ns[MOST_UNDER_WAY]; /* by share; 0 where none is under way */
    char *rest;                      /* of a line that has not ended */
    size_t rest_length;
};

static struct setting setting;
static struct miner *miners;
static int poll_fd, started, turn, measuring, looping;
static uint32_t run; /* another number than that of other runs */
static char input[INPUT_BYTES];

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static void watch(struct miner *miner, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = miner};
    if (epoll_ctl(poll_fd, operation, miner->fd, &event) != 0) fail("epoll_ctl");
}

/* With a reset, so that the port is free at once. */
static void leave(struct miner *miner) {
    struct linger at_once = {1, 0};
    if (miner->state == READY) tally.ready--;
    else tally.connecting--;
    tally.gone++;
    miner->state = GONE;
    setsockopt(miner->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(miner->fd);
}

static void say(struct miner *miner, const char *line, int length) {
    if (send(miner->fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) != length) leave(miner);
}

void miners_create(const struct setting *wanted) {
    setting = *wanted;
    run = (uint32_t)(monotonic_ns() / 1000);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    miners = calloc((size_t)setting.count, sizeof *miners);
    if (poll_fd < 0 || miners == NULL) fail("create");
}

static void come_from(struct miner *miner) {
    int one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(miner->number % setting.sources));
    setsockopt(miner->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(miner->fd, (struct sockaddr *)&from, sizeof from) != 0) fail("bind");
}

int miners_connect_next(void) {
    if (started == setting.count) return 0;
    struct miner *miner = &miners[started];
    int one = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)setting.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    miner->number = started++;
    miner->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (miner->fd < 0) fail("socket");
    setsockopt(miner->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (setting.stamps) setsockopt(miner->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    if (setting.sources > 1) come_from(miner);
    tally.connecting++;
    if (connect(miner->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) leave(miner);
    else watch(miner, EPOLL_CTL_ADD, EPOLLOUT);
    return 1;
}

static void log_in(struct miner *miner) {
    char user[160], lines[512];
    int failure = 0;
    socklen_t size = sizeof failure;
    getsockopt(miner->fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) {
        leave(miner);
        return;
    }
    watch(miner, EPOLL_CTL_MOD, EPOLLIN);
    miner->state = LOGGING_IN;
    snprintf(user, sizeof user, setting.user, miner->number);
    say(miner, lines,
        snprintf(lines, sizeof lines,
                 "{\"id\":%d,\"method\":\"mining.subscribe\",\"params\":[\"load\"]}\n"
                 "{\"id\":%d,\"method\":\"mining.authorize\",\"params\":[\"%s\",\"x\"]}\n",
                 SUBSCRIBE, AUTHORIZE, user));
}

/* No two shares are alike: the extranonce2 counts those of a miner, and a server may give its extranonce1 to a miner
 * of the next run. */
static void submit(struct miner *miner, uint64_t due_ns) {
    char user[160], line[512];
    uint64_t number = miner->submitted++;
    miner->due_ns[number % MOST_UNDER_WAY] = due_ns;
    miner->under_way++;
    snprintf(user, sizeof user, setting.user, miner->number);
    say(miner, line,
        snprintf(line, sizeof line,
                 "{\"id\":%llu,\"method\":\"mining.submit\",\"params\":[\"%s\",\"%s\",\"%0*llx\",\"%s\",\"%08x\"]}\n",
                 (unsigned long long)number + FIRST_ID, user, miner->job_id, 2 * miner->extranonce2_bytes,
                 (unsigned long long)number, miner->ntime, run + (uint32_t)number * 2654435761u));
}

static int may_submit(const struct miner *miner, int most) {
    return miner->state == READY && miner->under_way < most &&
           miner->due_ns[miner->submitted % MOST_UNDER_WAY] == 0;
}

static void fill_window(struct miner *miner) {
    while (looping && may_submit(miner, setting.window)) submit(miner, monotonic_ns());
}

void miners_begin(void) {
    looping = 1;
    for (int i = 0; i < setting.count; i++) fill_window(&miners[i]);
}

void miners_stop(void) {
    looping = 0;
}

void miners_submit(uint64_t due_ns) {
    for (int tries = 0; tries < setting.count; tries++) {
        struct miner *miner = &miners[turn++ % setting.count];
        if (!may_submit(miner, MOST_UNDER_WAY)) continue;
        submit(miner, due_ns);
        return;
    }
    tally.skipped++;
}

void miners_measure(int measured) {
    measuring = measured;
}

uint64_t miners_under_way(void) {
    uint64_t sum = 0;
    for (int i = 0; i < setting.count; i++) sum += miners[i].state == READY ? (uint64_t)miners[i].under_way : 0;
    return sum;
}

static void share_answered(struct miner *miner, uint64_t number, struct json message, uint64_t now_ns) {
    uint64_t *due_ns = &miner->due_ns[number % MOST_UNDER_WAY];
    if (number >= miner->submitted || *due_ns == 0) return;
    if (measuring) latency_add(now_ns > *due_ns ? now_ns - *due_ns : 1);
    if (json_is(json_member(message, "result"), "true")) {
        tally.accepted++;
    } else {
        tally.refused++;
        tally_error(json_member(message, "error"));
    }
    *due_ns = 0;
    miner->under_way--;
    fill_window(miner);
}

static void become_ready(struct miner *miner) {
    if (miner->state != LOGGING_IN || !miner->subscribed || !miner->authorized || miner->job_id[0] == 0) return;
    miner->state = READY;
    tally.connecting--;
    tally.ready++;
}

static void answered(struct miner *miner, struct json message, uint64_t now_ns) {
    struct json items[3], id = json_member(message, "id"), result = json_member(message, "result");
    long long number = id.start == NULL ? 0 : atoll(id.start);
    if (number >= FIRST_ID) {
        share_answered(miner, (uint64_t)number - FIRST_ID, message, now_ns);
    } else if (number == SUBSCRIBE && json_items(result, items, 3) == 3) {
        miner->extranonce2_bytes = atoi(items[2].start);
        miner->subscribed = miner->extranonce2_bytes <= WIDEST_EXTRANONCE2;
    } else if (number == AUTHORIZE) {
        miner->authorized = json_is(result, "true");
        if (!miner->authorized) leave(miner);
    }
}

static void notified(struct miner *miner, struct json params, uint64_t now_ns) {
    struct json items[NOTIFY_ITEMS];
    char prevhash[HASH_HEX + 1];
    if (json_items(params, items, NOTIFY_ITEMS) < NOTIFY_ITEMS) return;
    json_copy(items[1], prevhash, sizeof prevhash);
    if (miner->job_id[0] != 0 && strcmp(prevhash, miner->prevhash) != 0) tally_block(prevhash, now_ns, setting.count);
    strcpy(miner->prevhash, prevhash);
    json_copy(items[0], miner->job_id, sizeof miner->job_id);
    json_copy(items[7], miner->ntime, sizeof miner->ntime);
}

static void take_line(struct miner *miner, struct json message, uint64_t now_ns) {
    struct json method = json_member(message, "method");
    if (method.start == NULL || *method.start != '"') answered(miner, message, now_ns);
    else if (json_is(method, "\"mining.notify\"")) notified(miner, json_member(message, "params"), now_ns);
    become_ready(miner);
}

/* Bytes read; `when_ns` is when the kernel got the last of them, or now where it does not say. */
static ssize_t receive(const struct miner *miner, char *into, size_t room, uint64_t *when_ns) {
    char control[128];
    struct iovec part = {into, room};
    struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = setting.stamps ? recvmsg(miner->fd, &head, 0) : recv(miner->fd, into, room, 0);
    *when_ns = monotonic_ns();
    struct cmsghdr *row = setting.stamps && length > 0 ? CMSG_FIRSTHDR(&head) : NULL;
    for (; row != NULL; row = CMSG_NXTHDR(&head, row)) {
        struct timespec stamp;
        if (row->cmsg_level != SOL_SOCKET || row->cmsg_type != SCM_TIMESTAMPNS) continue;
        memcpy(&stamp, CMSG_DATA(row), sizeof stamp);
        *when_ns = monotonic_of((uint64_t)stamp.tv_sec * 1000000000u + (uint64_t)stamp.tv_nsec);
    }
    return length;
}

static void keep_rest(struct miner *miner, const char *rest, size_t length) {
    free(miner->rest);
    miner->rest = length > 0 ? malloc(length) : NULL;
    if (length > 0 && miner->rest == NULL) fail("malloc");
    if (length > 0) memcpy(miner->rest, rest, length);
    miner->rest_length = length;
}

static void read_lines(struct miner *miner) {
    uint64_t when_ns;
    if (miner->rest_length > 0) memcpy(input, miner->rest, miner->rest_length);
    ssize_t length = receive(miner, input + miner->rest_length, sizeof input - miner->rest_length, &when_ns);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) {
        leave(miner);
        return;
    }
    const char *line = input, *end = input + miner->rest_length + length, *newline;
    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        take_line(miner, (struct json){line, newline}, when_ns);
        if (miner->state == GONE) return;
        line = newline + 1;
    }
    keep_rest(miner, line, (size_t)(end - line));
}

void miners_pump(uint64_t most_ns) {
    struct epoll_event events[EVENTS];
    struct timespec wait = {(time_t)(most_ns / 1000000000u), (long)(most_ns % 1000000000u)};
    int count = epoll_pwait2(poll_fd, events, EVENTS, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct miner *miner = events[i].data.ptr;
        if (miner->state == CONNECTING) log_in(miner);
        else if (miner->state != GONE) read_lines(miner);
    }
}
