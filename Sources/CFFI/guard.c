#define _GNU_SOURCE
#include "call.h"
#include "line.h"

#include <errno.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

_Thread_local struct cffi_call cffi_current_call, cffi_last_call;

atomic_bool cffi_is_guarded;
static atomic_bool concluded;
static pid_t process;

// A page that is zero in every copy of the process, however it was forked (madvise(2), MADV_WIPEONFORK).
static volatile char *original;
static volatile bool forked;

static void note_fork(void) { forked = true; }

__attribute__((constructor)) static void mark_original(void) {
    pthread_atfork(NULL, NULL, note_fork);
    char *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || madvise(page, 1, MADV_WIPEONFORK) != 0) return;
    *page = 1;
    original = page;
}

bool cffi_is_copy(void) { return forked || (original && !*original); }

bool cffi_is_other_process(void) { return cffi_is_copy() || (process && getpid() != process); }

_Noreturn void cffi_end_at_once(int status) {
    for (;;) syscall(SYS_exit_group, status);
}

void cffi_become_original(void) {
    process = getpid();
    forked = false;
    if (original) *original = 1;
}

bool cffi_is_start(const char *entry) {
    return !strcmp(entry, "auth_init") || !strcmp(entry, "auth_module") || !strcmp(entry, "dlopen");
}

_Noreturn void cffi_end_copy(void) {
    struct cffi_line line = {0};
    cffi_add(&line, "module `");
    cffi_add(&line, cffi_current_call.plan->module);
    cffi_add(&line, "` forked the process in ");
    cffi_add_call(&line, &cffi_current_call);
    cffi_add(&line, ": the copy has come back from there and is ended; only the host itself answers");
    cffi_write_line(&line);
    cffi_end_at_once(1);
}

// Ends the process where code that is not the host's has called `how`: `caller` is what that would return to.
static void refuse_end(const char *how, const void *caller) {
    if (!atomic_load(&cffi_is_guarded) || atomic_load(&concluded) || cffi_is_other_process()) return;
    const cffi_plan *plan = cffi_current_call.plan;
    const char *owner = cffi_owner((uintptr_t)caller - 1);
    struct cffi_line line = {0};
    int status = 1;
    cffi_add(&line, owner ? "module `" : "the process was ended with ");
    if (owner) {
        cffi_add(&line, owner);
        cffi_add(&line, "` ended the process with ");
    }
    cffi_add(&line, how);
    if (plan) {
        cffi_add(&line, " in ");
        cffi_add_call(&line, &cffi_current_call);
        // Before it serves, a module that does so is one that cannot be used.
        if (cffi_is_start(plan->entry)) status = 4;
    } else {
        cffi_add(&line, owner ? " outside of its entry points" : " outside of a module's entry points, and not by the host");
    }
    cffi_add(&line, ": authhost ends with a failure");
    cffi_write_line(&line);
    cffi_end_at_once(status);
}

static void refuse_exit(void) { refuse_end("exit()", NULL); }
static void refuse_quick_exit(void) { refuse_end("quick_exit()", NULL); }

#ifndef CFFI_SANITIZED
// A module binds to these before it binds to the C library's. Handlers of exit() do not see the first two, and none of them
// sees who has called.
__attribute__((visibility("default"))) _Noreturn void _exit(int status) {
    refuse_end("_exit()", __builtin_return_address(0));
    cffi_end_at_once(status);
}

__attribute__((visibility("default"))) _Noreturn void _Exit(int status) {
    refuse_end("_Exit()", __builtin_return_address(0));
    cffi_end_at_once(status);
}

__attribute__((visibility("default"))) _Noreturn void exit(int status) {
    refuse_end("exit()", __builtin_return_address(0));
    void (*next)(int) = NULL;
    cffi_function found = cffi_symbol(RTLD_NEXT, "exit");
    memcpy(&next, &found, sizeof next);
    if (next) next(status);
    cffi_end_at_once(status);
}
#endif

#ifndef CFFI_SANITIZED
// A child of vfork(2) that comes back from an entry point would go on as the host, in its parent's memory and unseen: it is
// made as a copy, which is ended there.
__attribute__((visibility("default"))) pid_t vfork(void) { return fork(); }

// Ends the process that calls it, by a way of the C library's own.
__attribute__((visibility("default"))) int daemon(int nochdir, int noclose) {
    (void)nochdir;
    (void)noclose;
    refuse_end("daemon()", __builtin_return_address(0));
    errno = EPERM;
    return -1;
}
#endif

_Noreturn void cffi_end(int status) {
    atomic_store(&concluded, true);
    // No code of a module runs any more, neither a handler of exit() nor a destructor: what was decided stands.
    fflush(NULL);
    cffi_tell_end(status);
    cffi_end_at_once(status);
}

_Noreturn void cffi_end_lost(const char *what) {
    struct cffi_line line = {0};
    cffi_add(&line, what);
    cffi_add(&line, ": authhost itself never does that; look for close() in ");
    cffi_add_modules(&line);
    cffi_add(&line, "; authhost ends with a failure");
    cffi_write_line(&line);
    cffi_end_at_once(1);
}

void cffi_guard_process(void) {
    if (atomic_load(&cffi_is_guarded)) return;
    process = getpid();
    atexit(refuse_exit);
    at_quick_exit(refuse_quick_exit);
    cffi_catch_crashes();
    atomic_store(&cffi_is_guarded, true);
    cffi_prepare_thread();
}
