#include "FuzzDriver.h"

#include <string.h>

// compiler-rt, lib/fuzzer/FuzzerInterface.h
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

int fuzz_run(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size)) {
    return LLVMFuzzerRunDriver(argc, argv, one);
}

// Repeats a slice of the input where it stands, as often as a random part of the room allows; returns the new size.
// A slice ends with the byte that stands before it, if there is one again soon: one row between two commas, one line.
static size_t repeat_slice(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    size_t start = 1 + seed % size;
    size_t rest = size - start < 4096 ? size - start : 4096;
    const uint8_t *end = memchr(data + start, data[start - 1], rest);
    size_t length = end ? (size_t)(end - (data + start)) + 1 : rest < 64 ? rest : 64;
    if (length == 0) return size;
    size_t copies = ((max_size - size) >> (seed >> 20) % 12) / length;
    size_t tail = size - start - length;
    memmove(data + start + length * (copies + 1), data + start + length, tail);
    for (size_t copy = 1; copy <= copies; copy++) memcpy(data + start + length * copy, data + start, length);
    return size + length * copies;
}

// NOTE: libFuzzer grows its inputs byte by byte, and a reader that spends too much on many members, rows or attributes
// shows it only on an input of the size that the product takes. So one mutation of eight repeats a slice.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
    if (size > 0 && size < max_size && seed % 8 == 0) return repeat_slice(data, size, max_size, seed / 8);
    return LLVMFuzzerMutate(data, size, max_size);
}
