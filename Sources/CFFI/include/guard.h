// The ends of the process that authhost did not decide: a module crashes, ends the process, or forks it.
#ifndef AUTHHOST_CFFI_GUARD_H
#define AUTHHOST_CFFI_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "cffi.h"

// The arguments that the kernel gave, whatever became of the environment since: Swift's runtime, linked statically, looks
// for them on the stack before `environ`, which setenv() moves away.
int cffi_argument_count(void);
const char *_Nonnull cffi_argument(int index);

// Gives back memory that only the start has needed: unchanged pages of programs and libraries, and what malloc holds free.
void cffi_give_back(void);

// Starts the process again without those variables of `names` (a NULL at the end) that it was started with and that are not
// empty. Does not return where it succeeds. Returns 0 when there was none, else an errno.
int cffi_restart_without(const char *_Nullable const *_Nonnull names);

// Memory of 128 KiB and more goes back to the system when it is freed: a module's file and a users file are large, and read once.
// With a threshold that it adapts itself the C library keeps up to 64 MiB, mallopt(3).
void cffi_return_freed_memory(void);

// From now on a crash leaves a line, and exit() and its kin end the process with a failure unless cffi_end() calls them.
void cffi_guard_process(void);

// Puts the handler of crashes back where a signal has got its default, or is ignored, since cffi_guard_process().
// Returns those signals: the bit of each number.
uint64_t cffi_catch_crashes_again(void);

// Finds the signals that a thread blocked before it called a module for the first time: the bits of their numbers less 1.
// Returns false for a thread that has called none, or long ago.
bool cffi_first_mask(int32_t thread, uint64_t *_Nonnull mask);

// Goes on in a child process. This one never returns and ends as the child does: with what the child has handed to cffi_end(), or
// else with a failure and a line that says what a module was doing. To be called while there is one thread.
// Returns 0 in the child, or an errno where there is none.
int cffi_go_on_watched(void);

// cffi_open(); an end of the process in it is told as the module's.
void *_Nullable cffi_map(const char *_Nonnull path, const char *_Nonnull module);

// Ends the process with a status: the host's own way to end. Handlers of exit() and destructors do not run.
_Noreturn void cffi_end(int status);

// Ends the process with a failure and a line: what it cannot go on without was taken from it, by code that is not the host's.
_Noreturn void cffi_end_lost(const char *_Nonnull what);

// Tells where the event log is: the descriptor of a file, or -1 for standard error, and whether its lines are JSON.
void cffi_set_event_log(int descriptor, bool json);

// Makes known whose code lies around an address, so that a crash outside of entry points has a name too.
// build: what the linker calls the file by, in hexadecimal digits; "" for one that has no such note.
void cffi_add_module(const char *_Nonnull name, const char *_Nonnull build, cffi_function _Nonnull address);

#endif
