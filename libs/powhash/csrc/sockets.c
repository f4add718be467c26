/* What a server does for each of its sockets in each turn of its loop, without a way through the interpreter between
 * one and the next. */
#ifdef __linux__
#define _GNU_SOURCE
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "offer.h"

enum {
    MOST_EVENTS = 256,
    READ_BYTES = 16384, /* of one socket in a call: a flood waits in its own buffer */
};

static void describe(struct accepted *accepted, const struct sockaddr_storage *peer) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)peer;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
    accepted->address[0] = 0;
    accepted->port = 0;
    if (peer->ss_family == AF_INET) {
        inet_ntop(AF_INET, &four->sin_addr, accepted->address, sizeof accepted->address);
        accepted->port = ntohs(four->sin_port);
    } else if (peer->ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &six->sin6_addr, accepted->address, sizeof accepted->address);
        accepted->port = ntohs(six->sin6_port);
    }
}

/* These say that one connection is no more, not that the listener is: accept(2) passes on what its network said. */
static int is_of_one_connection(int error) {
    static const int errors[] = {EINTR,     ECONNABORTED, EPROTO,       ENETDOWN,   ENOPROTOOPT,
                                 EHOSTDOWN, ENONET,       EHOSTUNREACH, ENETUNREACH};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (errors[i] == error) return 1;
    }
    return 0;
}

size_t powhash_accept(int listener, struct accepted *accepted, size_t most, int *error) {
    size_t count = 0;
    *error = 0;
    for (size_t attempt = 0; attempt < most; attempt++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        const int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && is_of_one_connection(errno)) continue;
        if (fd < 0) {
            *error = errno;
            break;
        }
        accepted[count].fd = fd;
        describe(&accepted[count++], &peer);
    }
    return count;
}

static long receive(int fd, uint8_t *into, size_t room) {
    ssize_t length;
    do {
        length = recv(fd, into, room, MSG_DONTWAIT);
    } while (length < 0 && errno == EINTR);
    return length < 0 ? -(long)errno : (long)length;
}

/* Everybody that is ready is read, however much the others have: an epoll tells those first that it told first before. */
long powhash_receive(int epoll, struct received *received, size_t most, uint8_t *arena, size_t arena_bytes) {
    struct epoll_event events[MOST_EVENTS];
    const int ready = epoll_wait(epoll, events, most < MOST_EVENTS ? (int)most : MOST_EVENTS, 0);
    if (ready < 0) return errno == EINTR ? 0 : -(long)errno;
    const size_t share = ready == 0 ? 0 : arena_bytes / (size_t)ready;
    const size_t room = share < READ_BYTES ? share : READ_BYTES;
    for (int i = 0; i < ready; i++) {
        struct received *one = &received[i];
        one->fd = events[i].data.fd;
        one->was_read = (events[i].events & EPOLLIN) != 0;
        one->is_writable = (events[i].events & EPOLLOUT) != 0 || !one->was_read;
        if (!one->was_read) continue;
        one->data = arena;
        one->length = room > 0 ? receive(one->fd, arena, room) : -(long)EAGAIN;
        if (one->length > 0) arena += one->length;
    }
    return ready;
}

void powhash_send_each(struct outgoing *outgoing, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct outgoing *one = &outgoing[i];
        one->sent = offer(one->fd, one->data, one->length);
    }
}
#else
typedef int powhash_has_no_sockets_here; /* ISO C wants something in a file */
#endif
