/* Sending is kernel time: over loopback and through a network card's queue some 10 us for each socket, during which
 * nobody needs the interpreter. The caller and a few threads of our own take sockets from one list, a handful at a
 * time, so that a thread that gets no processor just now holds up no more than what it has taken. */
#define _POSIX_C_SOURCE 200809L
#define _DARWIN_C_SOURCE
#include "fanout.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "offer.h"

enum {
    AT_ONCE = 8,       /* sockets that a thread takes from the list */
    WORTH_WAKING = 32, /* below so many the caller is done before another thread is awake */
    MOST_HELPERS = 3,  /* the other processes of a pool want cores too */
    LOOKS = 20000,     /* tens of us: what a helper needs for what it has taken */
};

static struct {
    pthread_mutex_t callers; /* held through a whole call */
    pthread_mutex_t lock;    /* of what follows, but `next` */
    pthread_cond_t begun, left;
    struct fanout_socket *sockets;
    size_t count;
    const void *data;
    size_t length;
    atomic_size_t next;   /* the first socket that nobody has taken */
    unsigned long number; /* of the call */
    int is_open;          /* whether a helper may still join it */
    atomic_int inside;    /* helpers that have joined and not left; changed under the lock */
    int helpers;          /* threads, -1 before the first call */
} fan = {
    .callers = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .begun = PTHREAD_COND_INITIALIZER,
    .left = PTHREAD_COND_INITIALIZER,
    .helpers = -1,
};

static void take_sockets(void) {
    for (;;) {
        const size_t start = atomic_fetch_add_explicit(&fan.next, AT_ONCE, memory_order_relaxed);
        if (start >= fan.count) return;
        const size_t end = fan.count - start < AT_ONCE ? fan.count : start + AT_ONCE;
        for (size_t i = start; i < end; i++) fan.sockets[i].sent = offer(fan.sockets[i].fd, fan.data, fan.length);
    }
}

static void *help(void *nothing) {
    (void)nothing;
    unsigned long known = 0;
    pthread_mutex_lock(&fan.lock);
    for (;;) {
        while (fan.number == known || !fan.is_open) pthread_cond_wait(&fan.begun, &fan.lock);
        known = fan.number;
        atomic_fetch_add(&fan.inside, 1);
        pthread_mutex_unlock(&fan.lock);
        take_sockets();
        pthread_mutex_lock(&fan.lock);
        if (atomic_fetch_sub(&fan.inside, 1) == 1) pthread_cond_signal(&fan.left);
    }
    return NULL;
}

/* In the child of a fork: the threads are the parent's, and so is whoever held a lock. */
static void forget_helpers(void) {
    pthread_mutex_init(&fan.callers, NULL);
    pthread_mutex_init(&fan.lock, NULL);
    pthread_cond_init(&fan.begun, NULL);
    pthread_cond_init(&fan.left, NULL);
    fan.is_open = 0;
    atomic_store(&fan.inside, 0);
    fan.helpers = -1;
}

static int wanted_helpers(void) {
    const long others = sysconf(_SC_NPROCESSORS_ONLN) - 1;
    return others < 0 ? 0 : others > MOST_HELPERS ? MOST_HELPERS : (int)others;
}

/* As many as there are cores for, or as can be had: the caller does what nobody helps with. */
static void start_helpers(void) {
    static int is_forked_after;
    if (!is_forked_after) is_forked_after = pthread_atfork(NULL, NULL, forget_helpers) == 0;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the interpreter's threads */
    pthread_t thread;
    for (fan.helpers = 0; fan.helpers < wanted_helpers(); fan.helpers++) {
        if (pthread_create(&thread, NULL, help, NULL) != 0) break;
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void open_call(struct fanout_socket *sockets, size_t count, const void *data, size_t length) {
    pthread_mutex_lock(&fan.lock);
    fan.sockets = sockets;
    fan.count = count;
    fan.data = data;
    fan.length = length;
    atomic_store_explicit(&fan.next, 0, memory_order_relaxed);
    fan.number++;
    fan.is_open = count >= WORTH_WAKING;
    if (fan.is_open) pthread_cond_broadcast(&fan.begun);
    pthread_mutex_unlock(&fan.lock);
}

/* Whoever sleeps may get its core back milliseconds later, so the caller looks for a while before it does. */
static void close_call(void) {
    pthread_mutex_lock(&fan.lock);
    fan.is_open = 0;
    pthread_mutex_unlock(&fan.lock);
    for (int look = 0; look < LOOKS && atomic_load(&fan.inside) > 0; look++) continue;
    pthread_mutex_lock(&fan.lock);
    while (atomic_load(&fan.inside) > 0) pthread_cond_wait(&fan.left, &fan.lock);
    pthread_mutex_unlock(&fan.lock);
}

void powhash_fanout(struct fanout_socket *sockets, size_t count, const void *data, size_t length) {
    pthread_mutex_lock(&fan.callers);
    if (fan.helpers < 0) start_helpers();
    open_call(sockets, count, data, length);
    take_sockets();
    close_call();
    pthread_mutex_unlock(&fan.callers);
}
