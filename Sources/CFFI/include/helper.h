// A module in a process of its own: starts the helper program, calls the module's entry points over rings in shared memory, and
// does what the module asks of its host. Whatever the helper writes is read as a stranger's.
#ifndef AUTHHOST_CFFI_HELPER_H
#define AUTHHOST_CFFI_HELPER_H

#include <authhost/host.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cffi.h"

#define CFFI_HELPER_ENTRIES 40
#define CFFI_HELPER_TEXT 1024

// Which system calls a module may make.
enum { CFFI_PROFILE_NONE, CFFI_PROFILE_NETWORK, CFFI_PROFILE_PURE };

typedef struct cffi_helper_entry {
    char name[32];
    char signature[16];
    uint32_t version;
    uint32_t threads; // as the row of the descriptor has them
} cffi_helper_entry;

// What a helper is told to be. It lies in shared memory, where the helper reads it before any code of the module runs.
typedef struct cffi_helper_start {
    uint32_t size;       // of this record: helper and host are of one build
    uint32_t profile;    // CFFI_PROFILE_*
    uint32_t user, group; // that it takes where it is root; 0: none
    uint32_t threads;    // that call the module
    uint32_t generation, draft, declared; // of the module, and the word of its descriptor that says what it declares
    uint32_t is_bare;    // without a descriptor
    uint32_t entry_count;
    uint64_t memory;     // bytes of its own that it may have; 0: no limit
    int64_t parent;      // the host's process id
    char module[CFFI_NAME_SIZE], version[CFFI_NAME_SIZE], build[CFFI_NAME_SIZE], host_version[CFFI_NAME_SIZE];
    cffi_helper_entry entries[CFFI_HELPER_ENTRIES];
    uint32_t row_count;    // entry points in the note, those that are never called among them
    uint32_t option_count; // options in the note
    uint64_t note_size;    // bytes of what the note says of options
} cffi_helper_start;

typedef struct cffi_helper cffi_helper;

// Starts the program with the module's sealed file and waits until it has loaded the module, for so many nanoseconds at most. The
// calling thread must outlive the helper: its end ends the helper (prctl(2), PR_SET_PDEATHSIG).
//
// note: `note_size` bytes, four texts with their NULs for each option: name, type in decimal digits, default, help. The default
// is AUTH_REQUIRED where there is none. It is copied.
// table: what the module's calls of host functions are handed to; it must live as long as the helper.
// why: CFFI_HELPER_TEXT bytes: what was tried and found, where NULL is returned. OWNERSHIP: the caller's, to be given to cffi_helper_free.
cffi_helper *_Nullable cffi_helper_launch(const char *_Nonnull program, int module,
                                          const cffi_helper_start *_Nonnull start, const char *_Nonnull note,
                                          const auth_host_t *_Nonnull table, int64_t nanoseconds, char *_Nonnull why);

// Takes what the helper writes until it has ended, or until cffi_helper_close(). One thread alone, which outlives no other use.
void cffi_helper_serve(cffi_helper *_Nonnull helper);

// Waits for the end of the helper, for so many nanoseconds at most; ends one that has a call over its deadline, or has
// written what cannot be. One thread alone.
//
// Returns whether it has ended. Then every call in it returns, and cffi_helper_end_text() says how it came.
bool cffi_helper_watch(cffi_helper *_Nonnull helper, int64_t nanoseconds);

// How the helper came to its end, and what was in it, in words: CFFI_HELPER_TEXT bytes. signal: by which it ended, else 0.
void cffi_helper_end_text(cffi_helper *_Nonnull helper, char *_Nonnull text, int *_Nonnull signal);

// Asks the helper to end, and kills it where it has not after so many nanoseconds. cffi_helper_watch() still tells the end.
void cffi_helper_close(cffi_helper *_Nonnull helper);

// Kills it.
void cffi_helper_kill(cffi_helper *_Nonnull helper);

pid_t cffi_helper_process(const cffi_helper *_Nonnull helper);

// Frees it; no thread may use it any more.
void cffi_helper_free(cffi_helper *_Nonnull helper);

// How a call from afar went.
enum { CFFI_CALL_DONE, CFFI_CALL_ENDED, CFFI_CALL_FULL, CFFI_CALL_TOO_LARGE };

// Calls an entry point in the helper.
//
// entry: its place in `start`. arguments: as for cffi_call(). due: when the helper is killed if the call has not returned, on
// the monotonic clock in nanoseconds. result: what the entry has returned. Texts of records that it has written live until the
// next call of this thread.
// Returns CFFI_CALL_*.
int cffi_helper_call(cffi_helper *_Nonnull helper, uint32_t entry, const uint64_t *_Nonnull arguments, int64_t due,
                     int64_t *_Nonnull result);

// The shape of a call, for cffi_call_session() and cffi_call_deadline(); see wire.h.
typedef struct cffi_shape {
    char letters[12];
} cffi_shape;
// Returns whether an entry point can be called from afar.
bool cffi_shape_of(const char *_Nonnull name, uint32_t version, const char *_Nonnull signature,
                   cffi_shape *_Nonnull shape);
// The session that a call is about, 0 for none; and when it is due, 0 where the arguments do not say.
uint64_t cffi_call_session(const cffi_shape *_Nonnull shape, const uint64_t *_Nonnull arguments);
int64_t cffi_call_deadline(const cffi_shape *_Nonnull shape, const uint64_t *_Nonnull arguments);
// Says in the result record of a call that failed why there is no answer, in those of all rows for a batch. Returns what the entry point
// would have returned: AUTH_ERROR, and AUTH_OK for a batch, whose rows are in error.
int64_t cffi_call_failed(const cffi_shape *_Nonnull shape, const uint64_t *_Nonnull arguments, int failure);

#endif
