/* Hashes what standard input says, without Python and so under any sanitizer. A line is `algorithm parameter message`:
 * the parameter is scrypt's N and scrypt-jane's Nf, 0 with the others; the message is hexadecimal behind an `x`. The
 * answer is the digest in hexadecimal, a line each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry.h"
#include "scrypt.h"

enum { DIGEST_BYTES = 32, LONGEST_LINE = 4096 };

static void stop(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(2);
}

/* A message in memory of exactly its size, so that every byte read behind it shows. */
static uint8_t *message_of(const char *hexadecimal, size_t length) {
    uint8_t *message = malloc(length > 0 ? length : 1);
    if (message == NULL) stop("no memory");
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        if (sscanf(hexadecimal + 2 * i, "%2x", &byte) != 1) stop("no hexadecimal");
        message[i] = (uint8_t)byte;
    }
    return message;
}

static void hash(const char *name, unsigned parameter, const uint8_t *message, size_t length, uint8_t *out) {
    const struct powhash_algorithm *row = powhash_find(name);
    if (strcmp(name, "scrypt-n") == 0) {
        if (powhash_scrypt(message, length, parameter, 1, out) != 0) stop("no memory");
    } else if (strcmp(name, "scrypt-jane") == 0) {
        if (powhash_scrypt_jane(message, length, parameter, out) != 0) stop("no memory");
    } else if (row == NULL) {
        stop("unknown algorithm");
    } else {
        row->hash(message, length, out);
    }
}

int main(void) {
    char line[LONGEST_LINE], name[32];
    unsigned parameter;
    int start;
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint8_t *digest = malloc(DIGEST_BYTES);
        if (digest == NULL || sscanf(line, "%31s %u x%n", name, &parameter, &start) != 2) stop("bad line");
        size_t length = strspn(line + start, "0123456789abcdef") / 2;
        uint8_t *message = message_of(line + start, length);
        hash(name, parameter, message, length, digest);
        for (size_t i = 0; i < DIGEST_BYTES; i++) printf("%02x", digest[i]);
        printf("\n");
        free(message);
        free(digest);
    }
    return 0;
}
