/* Tells the pool that a daemon has a new block, without an interpreter. For a daemon's -blocknotify:
 *
 *     blocknotify=/usr/local/bin/blocknotify pool.example:8117 @/etc/nomp/blocknotify litecoin %s
 *
 * Build:  cc -std=c11 -O2 -Wall -Wextra -Werror -o blocknotify blocknotify.c
 *
 * The host may be a name, an IPv4 address or an IPv6 address in brackets. The password may be given as it is; as
 * `@` and the path of a file that holds it; or as `-`: then it is the variable NOMP_BLOCKNOTIFY_PASSWORD.
 *
 * Ends with 0 when the pool has taken the notice, with 1 when it has not within five seconds, with 2 for wrong
 * arguments; one line on stderr says why.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    LIMIT_SECONDS = 5,     /* the daemon starts one such process a block: none may linger */
    LONGEST_LINE = 1024,   /* the pool reads no longer one */
    LONGEST_WORD = 512
};

static const char TAKEN[] = "Pool workers notified";

static int complain(const char *what, const char *why, int code)
{
    fprintf(stderr, "blocknotify: %s: %s\n", what, why);
    return code;
}

/* Ends the process whatever it waits for. Only what a signal handler may call is called. */
static void give_up(int number)
{
    static const char text[] = "blocknotify: no answer within 5 seconds\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)number;
    (void)written;
    _exit(1);
}

/* Writes `text` into `out` as a JSON string with its quotes; returns its length, 0 where there is no room.
 * Bytes above 127 are passed on: they are UTF-8 where the caller's arguments are. */
static size_t quote(char *out, size_t room, const char *text)
{
    size_t used = 0;
    if (room < 3)
        return 0;
    out[used++] = '"';
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (used + 8 > room)
            return 0;
        if (c == '"' || c == '\\') {
            out[used++] = '\\';
            out[used++] = (char)c;
        } else if (c < 0x20) {
            used += (size_t)snprintf(out + used, room - used, "\\u%04x", c);
        } else {
            out[used++] = (char)c;
        }
    }
    out[used++] = '"';
    out[used] = '\0';
    return used;
}

/* Returns the line to send, or NULL where it would be too long for the pool. */
static const char *message(const char *password, const char *coin, const char *hash)
{
    static char line[LONGEST_LINE];
    static const char *const keys[] = {"{\"password\":", ",\"coin\":", ",\"hash\":"};
    const char *const values[] = {password, coin, hash};
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(keys[i]);
        if (used + length >= sizeof line)
            return NULL;
        memcpy(line + used, keys[i], length);
        used += length;
        length = quote(line + used, sizeof line - used, values[i]);
        if (length == 0)
            return NULL;
        used += length;
    }
    if (used + 3 > sizeof line)
        return NULL;
    memcpy(line + used, "}\n", 3);
    return line;
}

/* Returns the password that the argument is or leads to; NULL where it leads nowhere. */
static const char *secret(const char *argument)
{
    static char word[LONGEST_WORD];
    FILE *file;
    if (strcmp(argument, "-") == 0)
        return getenv("NOMP_BLOCKNOTIFY_PASSWORD");
    if (argument[0] != '@')
        return argument;
    file = fopen(argument + 1, "r");
    if (file == NULL)
        return NULL;
    if (fgets(word, sizeof word, file) == NULL)
        word[0] = '\0';
    fclose(file);
    word[strcspn(word, "\r\n")] = '\0';
    return word;
}

/* Splits "host:port" in place, "[host]:port" as well; returns the port, or NULL. */
static char *split(char **host)
{
    char *colon = strrchr(*host, ':');
    size_t length;
    if (colon == NULL || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return NULL;
    *colon = '\0';
    length = strlen(*host);
    if (length >= 2 && (*host)[0] == '[' && (*host)[length - 1] == ']') {
        (*host)[length - 1] = '\0';
        (*host)++;
    }
    return colon + 1;
}

/* Connects to the first of the host's addresses that answers; -1, with the reason in `why`. */
static int connect_to(const char *host, const char *port, const char **why)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(host, port, &hints, &found);
    int connection = -1;
    if (problem != 0) {
        *why = gai_strerror(problem);
        return -1;
    }
    for (struct addrinfo *each = found; each != NULL && connection < 0; each = each->ai_next) {
        connection = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (connection >= 0 && connect(connection, each->ai_addr, each->ai_addrlen) != 0) {
            *why = strerror(errno);
            close(connection);
            connection = -1;
        }
    }
    freeaddrinfo(found);
    return connection;
}

/* Returns whether the whole line was written. */
static int say(int connection, const char *line)
{
    size_t left = strlen(line);
    while (left > 0) {
        ssize_t written = write(connection, line, left);
        if (written < 0 && errno != EINTR)
            return 0;
        if (written > 0) {
            line += written;
            left -= (size_t)written;
        }
    }
    return 1;
}

/* Reads the first line of the answer; an empty one where nothing comes. */
static const char *hear(int connection)
{
    static char answer[LONGEST_LINE];
    size_t used = 0;
    while (used + 1 < sizeof answer) {
        ssize_t got = read(connection, answer + used, sizeof answer - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    answer[used] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    return answer;
}

static void limit_time(void)
{
    struct sigaction action = {.sa_handler = give_up};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    alarm(LIMIT_SECONDS);
}

int main(int count, char **arguments)
{
    const char *password, *line, *answer, *why = "no address";
    char *host, *port;
    int connection;
    if (count != 5)
        return complain("usage", "blocknotify host:port password coin hash", 2);
    host = arguments[1];
    port = split(&host);
    if (port == NULL)
        return complain(arguments[1], "is not host:port", 2);
    password = secret(arguments[2]);
    if (password == NULL)
        return complain(host, "the password cannot be read", 1);
    line = message(password, arguments[3], arguments[4]);
    if (line == NULL)
        return complain(host, "password, coin and hash are too long", 2);
    limit_time();
    connection = connect_to(host, port, &why);
    if (connection < 0)
        return complain(host, why, 1);
    if (!say(connection, line))
        return complain(host, strerror(errno), 1);
    answer = hear(connection);
    close(connection);
    if (strcmp(answer, TAKEN) != 0)
        return complain(host, answer[0] != '\0' ? answer : "not accepted: wrong password?", 1);
    return 0;
}
