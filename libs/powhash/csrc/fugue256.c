/* Fugue-256: 30 words of state, two turns and mixes for every word of the message. */
#include "bytes.h"
#include "digests.h"
#include "fugue.h"

enum { SIZE = 30, LAST_MIXES = 10, LAST_TURNS = 13 };

static const uint32_t initial[8] = {
    0xe952bdde, 0x6671135f, 0xe0d4f668, 0xd2b0b594, 0xf96c621d, 0xfbf929de, 0x9149e899, 0x34f8c248,
};

static void add_word(struct fugue_state *s, const struct powhash_fugue *fugue, uint32_t word) {
    *fugue_at(s, 10) ^= *fugue_at(s, 0);
    *fugue_at(s, 0) = word;
    *fugue_at(s, 8) ^= *fugue_at(s, 0);
    *fugue_at(s, 1) ^= *fugue_at(s, 24);
    fugue->turn_and_mix(s, 2);
}

/* The first word goes into two others: 4 and 15, or 4 and 16. */
static void spread(struct fugue_state *s, unsigned second) {
    *fugue_at(s, 4) ^= *fugue_at(s, 0);
    *fugue_at(s, second) ^= *fugue_at(s, 0);
}

static void finish(struct fugue_state *s, const struct powhash_fugue *fugue) {
    fugue->turn_and_mix(s, LAST_MIXES);
    for (int i = 0; i < LAST_TURNS; i++) {
        spread(s, 15);
        fugue_turn(s, 15);
        fugue->mix(s);
        spread(s, 16);
        fugue_turn(s, 14);
        fugue->mix(s);
    }
    spread(s, 15);
}

void powhash_fugue256(const uint8_t *in, size_t length, uint8_t *out) {
    const struct powhash_fugue *fugue = powhash_fugue_version();
    const uint64_t bits = (uint64_t)length * 8;
    struct fugue_state s;
    fugue_begin(&s, SIZE, initial, 8);
    for (; length >= 4; length -= 4, in += 4) add_word(&s, fugue, load32_be(in));
    if (length > 0) {
        uint8_t tail[4] = {0};
        memcpy(tail, in, length);
        add_word(&s, fugue, load32_be(tail));
    }
    add_word(&s, fugue, (uint32_t)(bits >> 32));
    add_word(&s, fugue, (uint32_t)bits);
    finish(&s, fugue);
    for (unsigned i = 0; i < 4; i++) {
        store32_be(out + 4 * i, *fugue_at(&s, 1 + i));
        store32_be(out + 16 + 4 * i, *fugue_at(&s, 15 + i));
    }
}
