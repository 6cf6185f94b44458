#pragma once
#include <stddef.h>
#include <stdint.h>

// Gives a client of libauthhost what a server may send, byte for byte, while questions of each kind are open. Aborts where an
// answer is none of the verdicts, or where a question is answered twice or never.
void libauthhost_read(const uint8_t *data, size_t size);
