/* Fugue-512: 36 words of state, four turns and mixes for every word of the message. */
#include "bytes.h"
#include "digests.h"
#include "fugue.h"

enum { SIZE = 36, LAST_MIXES = 32, LAST_TURNS = 13 };

static const uint32_t initial[16] = {
    0x8807a57e, 0xe616af75, 0xc5d3e4db, 0xac9ab027, 0xd915f117, 0xb6eecc54, 0x06e8020b, 0x4a92efd1,
    0xaac6e2c9, 0xddb21398, 0xcae65838, 0x437f203f, 0x25ea78e7, 0x951fddd6, 0xda6ed11d, 0xe13e3567,
};

static void add_word(struct fugue_state *s, const struct powhash_fugue *fugue, uint32_t word) {
    *fugue_at(s, 22) ^= *fugue_at(s, 0);
    *fugue_at(s, 0) = word;
    *fugue_at(s, 8) ^= *fugue_at(s, 0);
    *fugue_at(s, 1) ^= *fugue_at(s, 24);
    *fugue_at(s, 4) ^= *fugue_at(s, 27);
    *fugue_at(s, 7) ^= *fugue_at(s, 30);
    fugue->turn_and_mix(s, 4);
}

/* The first word goes into word 4 and three others. */
static void spread(struct fugue_state *s, unsigned second, unsigned third, unsigned fourth) {
    *fugue_at(s, 4) ^= *fugue_at(s, 0);
    *fugue_at(s, second) ^= *fugue_at(s, 0);
    *fugue_at(s, third) ^= *fugue_at(s, 0);
    *fugue_at(s, fourth) ^= *fugue_at(s, 0);
}

static void finish(struct fugue_state *s, const struct powhash_fugue *fugue) {
    static const struct {
        unsigned second, third, fourth, turn;
    } steps[4] = {{9, 18, 27, 9}, {10, 18, 27, 9}, {10, 19, 27, 9}, {10, 19, 28, 8}};
    fugue->turn_and_mix(s, LAST_MIXES);
    for (int i = 0; i < LAST_TURNS * 4; i++) {
        spread(s, steps[i % 4].second, steps[i % 4].third, steps[i % 4].fourth);
        fugue_turn(s, steps[i % 4].turn);
        fugue->mix(s);
    }
    spread(s, 9, 18, 27);
}

void powhash_fugue512(const uint8_t *in, size_t length, uint8_t *out) {
    const struct powhash_fugue *fugue = powhash_fugue_version();
    const uint64_t bits = (uint64_t)length * 8;
    struct fugue_state s;
    fugue_begin(&s, SIZE, initial, 16);
    for (; length >= 4; length -= 4, in += 4) add_word(&s, fugue, load32_be(in));
    if (length > 0) {
        uint8_t tail[4] = {0};
        memcpy(tail, in, length);
        add_word(&s, fugue, load32_be(tail));
    }
    add_word(&s, fugue, (uint32_t)(bits >> 32));
    add_word(&s, fugue, (uint32_t)bits);
    finish(&s, fugue);
    for (unsigned i = 0; i < 16; i++) store32_be(out + 4 * i, *fugue_at(&s, 9 * (i / 4) + i % 4 + (i < 4 ? 1 : 0)));
}
