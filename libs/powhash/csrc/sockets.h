/* Many non-blocking sockets in one call: accepting, reading, writing. Linux only, where epoll is. */
#ifndef POWHASH_SOCKETS_H
#define POWHASH_SOCKETS_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum { ACCEPTED_TEXT_BYTES = INET6_ADDRSTRLEN };

struct accepted {
    int fd;
    int port;
    char address[ACCEPTED_TEXT_BYTES]; /* empty where the family is not IPv4 or IPv6 */
};

/* Takes up to `most` waiting connections, non-blocking and closed on exec. Returns how many; `error` is 0 or the
 * errno that ended it, EAGAIN where no more wait. */
size_t powhash_accept(int listener, struct accepted *accepted, size_t most, int *error);

struct received {
    int fd;
    int is_writable; /* the socket has room again, or an error that a write will tell */
    int was_read;    /* then `length` holds: bytes at `data`, 0 the peer's end, or -errno */
    long length;
    const uint8_t *data;
};

/* Asks an epoll descriptor without waiting and reads each readable socket once, one behind the other into `arena`,
 * of which each may fill an equal part. What is left is for the next call, if its descriptor is watched by level.
 * Returns how many, or -errno. The epoll's data are the descriptors. */
long powhash_receive(int epoll, struct received *received, size_t most, uint8_t *arena, size_t arena_bytes);

struct outgoing {
    int fd;
    const void *data;
    size_t length;
    long sent; /* bytes that its kernel buffer took, or -errno */
};

/* Offers each socket its own bytes, once, without waiting for room. */
void powhash_send_each(struct outgoing *outgoing, size_t count);

#endif
