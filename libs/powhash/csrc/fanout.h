/* The same bytes to many sockets at once, on more than one core. */
#ifndef POWHASH_FANOUT_H
#define POWHASH_FANOUT_H

#include <stddef.h>

struct fanout_socket {
    int fd;
    long sent; /* bytes that its kernel buffer took, or -errno */
};

/* Offers `data` once to each socket, without waiting for room; returns when all have been asked. Any thread may
 * call it, one at a time is served. */
void powhash_fanout(struct fanout_socket *sockets, size_t count, const void *data, size_t length);

#endif
