/* Hexadecimal digits to bytes. */
#ifndef POWHASH_HEX_H
#define POWHASH_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Two digits of either case a byte. Whether they are digits, all of them. */
int powhash_unhex(const uint8_t *digits, size_t bytes, uint8_t *out);

#endif
