/* The chains of digests as algorithms of coin files, with the two that are made of one digest of theirs. */
#include "chains.h"
#include "digests.h"
#include "registry.h"

enum { ANY_LENGTH = 0, HEADER = 80 };

const struct powhash_algorithm powhash_chain_algorithms[] = {
    {"x11", powhash_x11, ANY_LENGTH, 0},
    {"x13", powhash_x13, ANY_LENGTH, 0},
    {"x15", powhash_x15, ANY_LENGTH, 0},
    {"c11", powhash_c11, ANY_LENGTH, 0},
    {"x16r", powhash_x16r, HEADER, 0},
    {"x16rv2", powhash_x16rv2, HEADER, 0},
    {"nist5", powhash_nist5, ANY_LENGTH, 0},
    {"quark", powhash_quark, ANY_LENGTH, 0},
    {"qubit", powhash_qubit, ANY_LENGTH, 0},
    {"fugue", powhash_fugue256, ANY_LENGTH, 0},
    {"shavite3", powhash_shavite3, ANY_LENGTH, 0},
    {NULL, NULL, 0, 0},
};
