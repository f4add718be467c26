#include "json_scan.h"

#include <string.h>

static const struct json NOTHING = {NULL, NULL};

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    return at;
}

/* Behind the text that begins at `at`; NULL where it does not end. */
static const char *skip_text(const char *at, const char *end) {
    for (at++; at < end; at++) {
        if (*at == '\\') at++;
        else if (*at == '"') return at + 1;
    }
    return NULL;
}

static const char *skip_nested(const char *at, const char *end) {
    int depth = 0;
    while (at != NULL && at < end) {
        if (*at == '"') {
            at = skip_text(at, end);
            continue;
        }
        if (*at == '{' || *at == '[') depth++;
        if ((*at == '}' || *at == ']') && --depth == 0) return at + 1;
        at++;
    }
    return NULL;
}

/* Behind the value that begins at `at`; NULL where it does not end. */
static const char *skip_value(const char *at, const char *end) {
    if (at >= end) return NULL;
    if (*at == '"') return skip_text(at, end);
    if (*at == '{' || *at == '[') return skip_nested(at, end);
    while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ' ') at++;
    return at;
}

struct json json_member(struct json object, const char *name) {
    size_t length = strlen(name);
    const char *end = object.end;
    const char *at = object.start == NULL ? end : skip_blanks(object.start, end);
    if (at >= end || *at != '{') return NOTHING;
    do {
        const char *key = skip_blanks(at + 1, end);
        const char *key_end = key < end && *key == '"' ? skip_text(key, end) : NULL;
        if (key_end == NULL) return NOTHING;
        at = skip_blanks(key_end, end);
        if (at >= end || *at != ':') return NOTHING;
        struct json value = {skip_blanks(at + 1, end), NULL};
        value.end = skip_value(value.start, end);
        if (value.end == NULL) return NOTHING;
        if ((size_t)(key_end - key) == length + 2 && memcmp(key + 1, name, length) == 0) return value;
        at = skip_blanks(value.end, end);
    } while (at < end && *at == ',');
    return NOTHING;
}

int json_items(struct json array, struct json *items, int most) {
    const char *at = array.start, *end = array.end;
    if (at == NULL || *at != '[') return 0;
    int count = 0;
    do {
        struct json item = {skip_blanks(at + 1, end), NULL};
        if (item.start >= end || *item.start == ']') return count;
        item.end = skip_value(item.start, end);
        if (item.end == NULL) return count;
        items[count++] = item;
        at = skip_blanks(item.end, end);
    } while (count < most && at < end && *at == ',');
    return count;
}

void json_copy(struct json value, char *out, size_t size) {
    size_t length = 0;
    if (value.start != NULL) {
        int quotes = *value.start == '"';
        length = (size_t)(value.end - value.start) - 2 * (size_t)quotes;
        if (length >= size) length = size - 1;
        memcpy(out, value.start + quotes, length);
    }
    out[length] = 0;
}

int json_is(struct json value, const char *written) {
    size_t length = strlen(written);
    return value.start != NULL && (size_t)(value.end - value.start) == length &&
           memcmp(value.start, written, length) == 0;
}
