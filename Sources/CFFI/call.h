// What the files of this target share.
#ifndef AUTHHOST_CFFI_CALL_H
#define AUTHHOST_CFFI_CALL_H

#include <ffi.h>
#include <stdbool.h>
#include <stddef.h>

#include "cffi.h"
#include "guard.h"

#define MAXIMUM_PARAMETERS 12

struct cffi_plan {
    ffi_cif cif;
    size_t count;
    ffi_type *types[MAXIMUM_PARAMETERS];
    char module[CFFI_NAME_SIZE]; // printable, without quotes and backslashes
    char entry[CFFI_NAME_SIZE];
};

// The call that this thread is in, NULL for none. Read by handlers of signals and of exit().
extern _Thread_local const cffi_plan *cffi_current_call;

// Whether this process is a copy of the host's that some fork() made.
bool cffi_is_copy(void);

// Ends such a copy, which came back from an entry point of a module, before it does what the host alone may do.
_Noreturn void cffi_end_copy(const cffi_plan *plan);

// Gives this thread a stack for the handler of crashes, once.
void cffi_prepare_thread(void);

#endif
