/* Finding values in one line of JSON without copying it. Of what is no JSON it finds nothing. */
#ifndef BENCH_JSON_SCAN_H
#define BENCH_JSON_SCAN_H

#include <stddef.h>

/* A value as it is written, quotes and all; `start` is NULL where there is none. `end` is behind its last byte. */
struct json {
    const char *start, *end;
};

/* The member of an object with this name, at its outermost level. */
struct json json_member(struct json object, const char *name);

/* The first items of an array, at most `most`; how many there are of these. */
int json_items(struct json array, struct json *items, int most);

/* A text without its quotes, or another value as it is written, cut to `size` and ended with 0. */
void json_copy(struct json value, char *out, size_t size);

/* Whether the value is written like this. */
int json_is(struct json value, const char *written);

#endif
