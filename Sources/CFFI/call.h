// What the files of this target share.
#ifndef AUTHHOST_CFFI_CALL_H
#define AUTHHOST_CFFI_CALL_H

#include <ffi.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "cffi.h"
#include "guard.h"

#define MAXIMUM_PARAMETERS 12

struct cffi_plan {
    ffi_cif cif;
    cffi_plan *next; // of those that are out of use
    size_t count;
    ffi_type *types[MAXIMUM_PARAMETERS];
    char module[CFFI_NAME_SIZE]; // printable, without quotes and backslashes
    char entry[CFFI_NAME_SIZE];
    uint32_t generation;  // of the entry point's form; 0 for none
    const char *question; // the kind of question, as far as the entry point says it
    bool says_action;     // whether its record says the rest: an auth_check_t
};

// One call of a module. It is no part of the stack, which the module may have written over when it crashes.
struct cffi_call {
    const cffi_plan *plan; // NULL for none
    uint32_t action;       // AUTH_ACTION_* where the plan says so, else 0
};

// The call that this thread is in. Read by handlers of signals and of exit().
extern _Thread_local struct cffi_call cffi_current_call;

// The call that this thread has come back from last: the host may still read what it left.
extern _Thread_local struct cffi_call cffi_last_call;

// The kind of question that an entry point is asked, in words such as "a log-in".
const char *cffi_question_of(const char *entry);

// Whether a record of generation 9 says more of it, and what the one among the arguments of a call says.
bool cffi_says_action(const char *entry);
uint32_t cffi_action_of(const uint64_t *arguments);

// Whether this process is a copy of the host's that some fork() made.
bool cffi_is_copy(void);

// The same, and also true in a child that shares the host's memory, as vfork(2) makes one. Asks the kernel.
bool cffi_is_other_process(void);

// Ends such a copy, which came back from an entry point of a module, before it does what the host alone may do.
_Noreturn void cffi_end_copy(void);

// Says which call it is: "`auth_new_user` (a log-in, generation 9)". Async-signal-safe.
struct cffi_line;
void cffi_add_call(struct cffi_line *line, const struct cffi_call *call);

// Names the modules that are mapped: "module `a` and module `b`"; nothing where there is none. Async-signal-safe.
void cffi_add_modules(struct cffi_line *line);
bool cffi_has_modules(void);

// From now on a crash leaves a line; called once.
void cffi_catch_crashes(void);

// What the C library's sigaction() does, for the host alone: a module's go by signals.c.
struct sigaction;
int cffi_set_action(int number, const struct sigaction *wish, struct sigaction *old);

// Puts the handler of crashes in front of what a module wants of a signal, as sigaction(2) would; false for another signal.
bool cffi_wants_behind(int number, const struct sigaction *wish, struct sigaction *old);

// Whether an address lies in the program's own code.
bool cffi_is_own(uintptr_t address);

// The module whose doing an address or this thread is, NULL for none of them. Async-signal-safe.
const char *cffi_owner(uintptr_t address);

// The build id of a module, by its name; of two files with one name, that of the one that lies around the address; or NULL.
const char *cffi_build_of(const char *name, uintptr_t address);

// Gives this thread a stack for the handler of crashes, once, where the process is guarded.
void cffi_prepare_thread(void);
extern atomic_bool cffi_is_guarded;

// The kernel's own way out: no handler runs.
_Noreturn void cffi_end_at_once(int status);

// Whether an entry point belongs to the start of a module: one that ends the process there cannot be used.
bool cffi_is_start(const char *entry);

// Makes this process, a child that goes on in the place of its parent, the one that is no copy.
void cffi_become_original(void);

// What a parent that watches is told (watch.c): the line that is left, and whether it could be written, with which status the
// process ends itself, and which call this thread is in. The last returns a number for cffi_told(), which takes that back.
extern atomic_bool cffi_is_watched;
void cffi_tell_line(const struct cffi_line *line, bool is_written);
void cffi_tell_end(int status);
int cffi_tell_call(void);

// The same of a module that is being mapped.
int cffi_tell_mapping(const char *module);
void cffi_told(int number);

// The sanitizer's own functions stand where we would put some before the C library's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CFFI_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CFFI_SANITIZED 1
#endif
#endif

#endif
