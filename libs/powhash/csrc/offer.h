/* One socket that is offered bytes, without waiting for room and without a signal where the peer has gone. */
#ifndef POWHASH_OFFER_H
#define POWHASH_OFFER_H

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* where it is missing, Python ignores SIGPIPE */
#endif

/* Bytes that its kernel buffer took, or -errno. */
static inline long offer(int fd, const void *data, size_t length) {
    ssize_t sent;
    do {
        sent = send(fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -(long)errno : (long)sent;
}

#endif
