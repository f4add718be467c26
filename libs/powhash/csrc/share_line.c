/* The reader of ordinary mining.submit lines: JSON (RFC 8259) as far as miners use it for a share. Whatever it does
 * not know is left to the reader of all lines, in services/stratum/protocol.py. */
#include "share_line.h"

#include <string.h>

enum { MAX_LINE_BYTES = 1024, MAX_ID_BYTES = 64, LEAST_PARAMS = 5, MOST_PARAMS = 6 };

struct cursor {
    const uint8_t *at, *end;
};

static void skip_spaces(struct cursor *cursor) {
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\r')) cursor->at++;
}

/* Whether this byte comes next, after spaces; then it is passed. */
static int take(struct cursor *cursor, uint8_t byte) {
    skip_spaces(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte) return 0;
    cursor->at++;
    return 1;
}

/* A text that means what it shows: printable ASCII, no escapes. `text` is without the quotes. */
static int take_text(struct cursor *cursor, struct share_text *text) {
    if (!take(cursor, '"')) return 0;
    text->start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at != '"') {
        if (*cursor->at < 0x20 || *cursor->at > 0x7e || *cursor->at == '\\') return 0;
        cursor->at++;
    }
    if (cursor->at == cursor->end) return 0;
    text->length = (size_t)(cursor->at - text->start);
    cursor->at++;
    return 1;
}

static int take_digits(struct cursor *cursor, struct share_text *number) {
    number->start = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') cursor->at++;
    number->length = (size_t)(cursor->at - number->start);
    return number->length > 0 && (number->length == 1 || *number->start != '0');
}

static int take_id(struct cursor *cursor, struct share_text *id) {
    skip_spaces(cursor);
    if (cursor->at < cursor->end && *cursor->at == '"') {
        if (!take_text(cursor, id)) return 0;
        id->start--;
        id->length += 2;
    } else if (!take_digits(cursor, id)) {
        return 0;
    }
    return id->length <= MAX_ID_BYTES;
}

static int take_params(struct cursor *cursor, struct share_line *read) {
    struct share_text *const places[MOST_PARAMS] = {&read->worker, &read->job_id, &read->extranonce2,
                                                    &read->ntime,  &read->nonce,  &read->version_bits};
    int count = 0;
    if (!take(cursor, '[')) return 0;
    do {
        if (count == MOST_PARAMS || !take_text(cursor, places[count])) return 0;
        count++;
    } while (take(cursor, ','));
    return count >= LEAST_PARAMS && take(cursor, ']');
}

static int is_text(const struct share_text *text, const char *wanted) {
    return text->length == strlen(wanted) && memcmp(text->start, wanted, text->length) == 0;
}

enum { HAS_ID = 1, HAS_METHOD = 2, HAS_PARAMS = 4, HAS_ALL = 7 };

/* One key and its value: which of HAS_ it is, 0 for none. */
static int take_member(struct cursor *cursor, struct share_line *read) {
    struct share_text key, method;
    if (!take_text(cursor, &key) || !take(cursor, ':')) return 0;
    if (is_text(&key, "id")) return take_id(cursor, &read->id) ? HAS_ID : 0;
    if (is_text(&key, "params")) return take_params(cursor, read) ? HAS_PARAMS : 0;
    if (!is_text(&key, "method") || !take_text(cursor, &method)) return 0;
    return is_text(&method, "mining.submit") ? HAS_METHOD : 0;
}

int share_read_line(const uint8_t *line, size_t length, struct share_line *read) {
    if (length == 0 || length > MAX_LINE_BYTES || line[length - 1] != '\n') return 0;
    struct cursor cursor = {line, line + length - 1};
    memset(read, 0, sizeof *read);
    int seen = 0;
    if (!take(&cursor, '{')) return 0;
    do {
        int member = take_member(&cursor, read);
        if (member == 0 || (seen & member) != 0) return 0;
        seen |= member;
    } while (take(&cursor, ','));
    if (seen != HAS_ALL || !take(&cursor, '}')) return 0;
    skip_spaces(&cursor);
    return cursor.at == cursor.end;
}
