// Loads a shared object in a child process first: one that is damaged ends that child, and not the host.
#ifndef AUTHHOST_CFFI_TRIAL_H
#define AUTHHOST_CFFI_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Makes a sealed file in memory that nothing but descriptors lead to.
// Returns its descriptor, or -1 with errno set. OWNERSHIP: the caller's, to be closed.
int cffi_memory_file(const char *_Nonnull name, const void *_Nonnull bytes, size_t count);

// The same of the first bytes of a file, each of which is read once; -2 where it cannot be read, or has fewer (EIO).
int cffi_memory_copy(const char *_Nonnull name, int source, size_t count);

// dlopen() with everything resolved, never while a child is being forked.
void *_Nullable cffi_open(const char *_Nonnull path);

enum { CFFI_TRIAL_GOOD, CFFI_TRIAL_REFUSED, CFFI_TRIAL_SIGNAL, CFFI_TRIAL_EXIT, CFFI_TRIAL_HUNG, CFFI_TRIAL_SYSTEM };

typedef struct cffi_trial {
    int outcome;    // CFFI_TRIAL_*
    int number;     // the signal, the exit status, or the errno
    bool was_mapped; // whether it came as far as `auth_module`
    char text[512]; // REFUSED: what the dynamic linker says
} cffi_trial;

// Maps `path` in a child process, resolves every symbol, runs its constructors, calls `auth_module` where it is there, and
// reads the descriptor as the host is going to. The child's standard streams lead nowhere.
// Waits at most so many nanoseconds, and leaves no process behind.
cffi_trial cffi_try(const char *_Nonnull path, uint32_t generation, int64_t nanoseconds);

#endif
