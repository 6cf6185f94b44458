// A command goes on in a child of the process that was started: only what the child has said at its own end is a success. No
// code in the child gets round that, as a module that calls exit_group(2) or execve(2) by itself gets round handlers.
#define _GNU_SOURCE
#include "call.h"
#include "line.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// What a thread of the child does with a module.
struct doing {
    atomic_bool is_taken;
    bool starts; // a module that ends the process here is one that cannot be used
    char text[320];
};

#define MAXIMUM_DOINGS 16

// What the child tells, in memory that both have.
struct told {
    atomic_bool has_line;     // of an end that was seen where it happened
    atomic_bool is_written;   // whether that line could be
    struct cffi_line line;
    atomic_bool is_concluded; // by cffi_end(), with this status
    int status;
    char module[CFFI_NAME_SIZE]; // the one that was mapped last
    struct doing doings[MAXIMUM_DOINGS];
};

static struct told *told;
atomic_bool cffi_is_watched;

void cffi_tell_line(const struct cffi_line *line, bool is_written) {
    if (!told) return;
    told->line = *line;
    atomic_store(&told->is_written, is_written);
    atomic_store(&told->has_line, true);
}

void cffi_tell_end(int status) {
    if (!told || cffi_is_other_process()) return;
    told->status = status;
    atomic_store(&told->is_concluded, true);
}

static int take(const struct cffi_line *line, bool starts) {
    for (int i = 0; i < MAXIMUM_DOINGS; i++) {
        bool none = false;
        struct doing *doing = &told->doings[i];
        if (!atomic_compare_exchange_strong(&doing->is_taken, &none, true)) continue;
        size_t length = line->length < sizeof doing->text - 1 ? line->length : sizeof doing->text - 1;
        memcpy(doing->text, line->text, length);
        doing->text[length] = 0;
        doing->starts = starts;
        return i;
    }
    return -1;
}

int cffi_tell_call(void) {
    const cffi_plan *plan = cffi_current_call.plan;
    struct cffi_line line = {0};
    cffi_add(&line, "module `");
    cffi_add(&line, plan->module);
    cffi_add(&line, "` was in ");
    cffi_add_call(&line, &cffi_current_call);
    return take(&line, cffi_is_start(plan->entry));
}

int cffi_tell_mapping(const char *module) {
    if (!told) return -1;
    cffi_copy_name(told->module, module);
    struct cffi_line line = {0};
    cffi_add(&line, "module `");
    cffi_add(&line, told->module);
    cffi_add(&line, "` was being mapped");
    return take(&line, true);
}

void cffi_told(int number) {
    if (number >= 0) atomic_store(&told->doings[number].is_taken, false);
}

// MARK: in the parent

// Says what the child was doing when it ended: by a signal, or by 0 for none. Returns the status for such an end.
static int report(int signal) {
    struct cffi_line line = {0};
    int found = 0, status = 1;
    if (signal) {
        const char *name = cffi_signal_name(signal);
        cffi_add(&line, "signal ");
        cffi_add_number(&line, (unsigned)signal, 1);
        cffi_add(&line, name ? " (SIG" : "");
        cffi_add(&line, name ? name : "");
        cffi_add(&line, name ? ") ended the process" : " ended the process");
    } else {
        cffi_add(&line, "a system call ended the process, or had it run another program");
    }
    for (int i = 0; i < MAXIMUM_DOINGS; i++) {
        const struct doing *doing = &told->doings[i];
        if (!atomic_load(&doing->is_taken)) continue;
        cffi_add(&line, found++ ? ", and " : ", while ");
        cffi_add(&line, doing->text);
        if (doing->starts) status = 4;
    }
    if (!found && *told->module) {
        cffi_add(&line, ", outside of the entry points of module `");
        cffi_add(&line, told->module);
        cffi_add(&line, "`");
    }
    cffi_add(&line, ": authhost ends with a failure");
    cffi_write_line(&line);
    return status;
}

// Ends as the child was ended by a signal; a core file is the child's.
static _Noreturn void end_by(int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    prctl(PR_SET_DUMPABLE, 0);
    signal(number, SIG_DFL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    cffi_end_at_once(128 + number);
}

static _Noreturn void end_as(int status, const sigset_t *seen) {
    bool has_line = atomic_load(&told->has_line);
    // A module may have closed what the child writes to.
    if (has_line && !atomic_load(&told->is_written)) cffi_write_line(&told->line);
    if (WIFSIGNALED(status)) {
        // What this process was sent as well has come from outside.
        if (!has_line && !sigismember(seen, WTERMSIG(status))) report(WTERMSIG(status));
        end_by(WTERMSIG(status));
    }
    int number = WEXITSTATUS(status);
    if (atomic_load(&told->is_concluded) && told->status == number) cffi_end_at_once(number);
    if (!has_line) cffi_end_at_once(report(0));
    cffi_end_at_once(number ? number : 1);
}

static _Noreturn void watch(pid_t child, const sigset_t *all) {
    sigset_t seen;
    sigemptyset(&seen);
    for (;;) {
        siginfo_t information;
        int status, number = sigwaitinfo(all, &information);
        if (number < 0) continue;
        if (number != SIGCHLD) {
            sigaddset(&seen, number);
            // The kernel tells the whole group of a terminal; a program tells this process alone.
            if (information.si_code <= 0 && number != SIGCONT) kill(child, number);
            continue;
        }
        while (waitpid(child, &status, WNOHANG | WUNTRACED) > 0) {
            if (!WIFSTOPPED(status)) end_as(status, &seen);
            // Job control stops and continues what was started.
            kill(getpid(), SIGSTOP);
            kill(child, SIGCONT);
        }
    }
}

int cffi_go_on_watched(void) {
    if (told) return 0;
    struct told *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return errno;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    // A process that ignores its children's ends learns of none.
    void (*at_end)(int) = signal(SIGCHLD, SIG_DFL);
    pid_t parent = getpid(), child = fork();
    int failure = errno;
    if (child >= 0) told = shared;
    if (child > 0) watch(child, &all);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) cffi_end_at_once(1);
        cffi_become_original();
        atomic_store(&cffi_is_watched, true);
    } else {
        munmap(shared, sizeof *shared);
    }
    signal(SIGCHLD, at_end == SIG_ERR ? SIG_DFL : at_end);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child == 0 ? 0 : failure;
}
