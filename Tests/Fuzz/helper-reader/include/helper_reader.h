// The host's side of a helper process, given what a hostile one could write.
#ifndef HELPER_READER_H
#define HELPER_READER_H

#include <stddef.h>
#include <stdint.h>

// The first byte says what the rest is: a ring with the positions that it claims, or records with heads that are let through.
void helper_read(const uint8_t *data, size_t size);

#endif
