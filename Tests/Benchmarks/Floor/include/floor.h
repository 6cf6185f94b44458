// The floors that a check through the loader is compared with: the same function called directly, and through libffi alone.
#ifndef AUTHHOST_FLOOR_H
#define AUTHHOST_FLOOR_H

#include <stdint.h>

// Opens a module with dlopen and finds its entry by name in its descriptor; returns its address, or 0.
uintptr_t floor_entry(const char *_Nonnull path, const char *_Nonnull entry);

// Nanoseconds of `count` calls of int f(void *, const void *, void *).
int64_t floor_direct(uintptr_t function, uint64_t count);
int64_t floor_ffi(uintptr_t function, uint64_t count);

#endif
