/* The list of all algorithms: the families' lists, one after the other. */
#include "registry.h"

#include <string.h>

const struct powhash_algorithm *powhash_at(size_t index) {
    const struct powhash_algorithm *const families[] = {
        powhash_plain_algorithms,
        powhash_single_algorithms,
        powhash_chain_algorithms,
        powhash_memory_algorithms,
    };
    for (size_t family = 0; family < sizeof families / sizeof *families; family++) {
        const struct powhash_algorithm *row = families[family];
        for (; row->name != NULL; row++) {
            if (index-- == 0) return row;
        }
    }
    return NULL;
}

const struct powhash_algorithm *powhash_find(const char *name) {
    const struct powhash_algorithm *row;
    for (size_t index = 0; (row = powhash_at(index)) != NULL; index++) {
        if (strcmp(row->name, name) == 0) return row;
    }
    return NULL;
}
