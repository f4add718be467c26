/* The least that a stratum server costs on this machine: one thread, epoll, prepared answers. `floor` says true to
 * every share; `floor --check` hashes it first: coinbase, a branch of twelve steps, header, comparison with a target
 * that lets all pass. It knows no duplicates, no accounts, no storage. Prints its port as JSON and serves until
 * standard input ends. Linux. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor_share.h"
#include "json_scan.h"

enum { EVENTS = 512, INPUT_BYTES = 4096, OUTPUT_BYTES = 1 << 16, BACKLOG = 4096 };

struct peer {
    int fd;
    size_t held; /* bytes of a line that has not ended */
    char input[INPUT_BYTES];
};

static int checks;
static char notify[4096];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* As a busy chain's: parts of a coinbase of 239 bytes, twelve steps. */
static void write_notify(void) {
    char hash[65], zeros[245], branch[FLOOR_STEPS * 68] = "";
    memset(zeros, '0', sizeof zeros - 1);
    zeros[sizeof zeros - 1] = 0;
    for (int i = 0; i < 64; i++) hash[i] = "0123456789abcdef"[i % 16];
    hash[64] = 0;
    for (int i = 0; i < FLOOR_STEPS; i++) sprintf(branch + strlen(branch), "%s\"%s\"", i > 0 ? "," : "", hash);
    sprintf(notify,
            "{\"id\":null,\"method\":\"mining.set_difficulty\",\"params\":[1e-10]}\n"
            "{\"id\":null,\"method\":\"mining.notify\",\"params\":[\"1\",\"%s\",\"%s\",\"%.218s\",[%s],\"20000000\","
            "\"1703a30c\",\"65a0b1c2\",true]}\n",
            hash, zeros, zeros, branch);
}

static int answer_share(const struct peer *peer, struct json message, const char *id, char *out) {
    struct json params[5];
    int is_good = !checks || (json_items(json_member(message, "params"), params, 5) == 5 &&
                              floor_share_passes((uint32_t)peer->fd, params));
    if (is_good) return sprintf(out, "{\"id\":%s,\"result\":true,\"error\":null}\n", id);
    return sprintf(out, "{\"id\":%s,\"result\":null,\"error\":[20,\"malformed\",null]}\n", id);
}

static int answer(const struct peer *peer, struct json message, char *out) {
    char id[32];
    struct json method = json_member(message, "method");
    json_copy(json_member(message, "id"), id, sizeof id);
    if (json_is(method, "\"mining.submit\"")) return answer_share(peer, message, id, out);
    if (json_is(method, "\"mining.subscribe\"")) {
        return sprintf(out, "{\"id\":%s,\"result\":[[[\"mining.notify\",\"1\"]],\"%08x\",4],\"error\":null}\n", id, peer->fd);
    }
    return sprintf(out, "{\"id\":%s,\"result\":true,\"error\":null}\n%s", id, notify);
}

static void read_lines(struct peer *peer) {
    static char out[OUTPUT_BYTES];
    ssize_t length = recv(peer->fd, peer->input + peer->held, sizeof peer->input - peer->held, 0);
    if (length <= 0) {
        close(peer->fd);
        free(peer);
        return;
    }
    int size = 0;
    char *line = peer->input, *end = line + peer->held + length, *newline;
    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (size < OUTPUT_BYTES - (int)sizeof notify) size += answer(peer, (struct json){line, newline}, out + size);
        line = newline + 1;
    }
    peer->held = (size_t)(end - line);
    memmove(peer->input, line, peer->held);
    if (size > 0 && send(peer->fd, out, (size_t)size, MSG_NOSIGNAL) < 0) return; /* gone: the next look tells */
}

static void watch(int poll_fd, int fd, struct peer *peer) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

static void welcome(int poll_fd, int listener) {
    int one = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct peer *peer = calloc(1, sizeof *peer);
        if (peer == NULL) fail("calloc");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        peer->fd = fd;
        watch(poll_fd, fd, peer);
    }
}

static int listening(void) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, BACKLOG) != 0) fail("listen");
    if (getsockname(fd, (struct sockaddr *)&at, &size) != 0) fail("getsockname");
    printf("{\"port\":%d}\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **words) {
    struct rlimit files;
    struct epoll_event events[EVENTS];
    static struct peer listens, commands; /* only their addresses are used */
    checks = count > 1 && strcmp(words[1], "--check") == 0;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    write_notify();
    int listener = listening(), poll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch(poll_fd, listener, &listens);
    watch(poll_fd, STDIN_FILENO, &commands);
    for (;;) {
        int ready = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct peer *peer = events[i].data.ptr;
            if (peer == &commands) return 0; /* nobody gives orders: it has ended */
            if (peer == &listens) welcome(poll_fd, listener);
            else read_lines(peer);
        }
    }
}
