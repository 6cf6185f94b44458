#define _GNU_SOURCE
#include "call.h"
#include "line.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 // of <asm-generic/siginfo.h>, which clashes with <signal.h>
#endif

static atomic_bool crashing;

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)
static struct sigaction before[SIGNAL_COUNT];
static atomic_ullong wanted; // signals whose default, or ignoring, a module has asked for: the bit of each number

// What ends a process unseen where it has asked for it: alarm(2), setitimer(2) and setrlimit(2). No part of authhost does.
static const int alarms[] = {SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU};
#define ALARM_COUNT (sizeof alarms / sizeof *alarms)

static const char *name_of(int number) {
    switch (number) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    case SIGABRT: return "SIGABRT";
    case SIGTRAP: return "SIGTRAP";
    case SIGALRM: return "SIGALRM";
    case SIGVTALRM: return "SIGVTALRM";
    case SIGPROF: return "SIGPROF";
    case SIGXCPU: return "SIGXCPU";
    default: return "SIGSYS";
    }
}

static void add_signal(struct cffi_line *line, int number) {
    cffi_add(line, "signal ");
    cffi_add_number(line, (unsigned)number, 1);
    cffi_add(line, " (");
    cffi_add(line, name_of(number));
    cffi_add(line, ")");
}

static uintptr_t program_counter(const void *context) {
#if defined(__x86_64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static void report_crash(int number, const siginfo_t *information, const void *context) {
    bool is_inside = cffi_current_call.plan;
    uintptr_t counter = program_counter(context);
    const char *owner = cffi_owner(counter);
    struct cffi_line line = {0};
    cffi_add(&line, owner ? "module `" : "authhost crashed outside of modules");
    if (owner) {
        cffi_add(&line, owner);
        cffi_add(&line, is_inside ? "` crashed in " : "` crashed outside of its entry points");
        if (is_inside) cffi_add_call(&line, &cffi_current_call);
    } else if (cffi_last_call.plan) {
        // What it has said may lead nowhere, or it may have written where it must not.
        owner = cffi_last_call.plan->module;
        cffi_add(&line, ", behind what this thread has called last: module `");
        cffi_add(&line, owner);
        cffi_add(&line, "` in ");
        cffi_add_call(&line, &cffi_last_call);
    } else {
        cffi_add(&line, cffi_has_modules() ? ", of which are mapped: " : "");
        cffi_add_modules(&line);
    }
    cffi_add(&line, ": ");
    add_signal(&line, number);
    if (number == SIGSYS && information->si_code == SYS_SECCOMP) {
        cffi_add(&line, ", system call ");
        cffi_add_number(&line, (unsigned)information->si_syscall, 1);
        cffi_add(&line, ", which its profile forbids");
    }
    const char *build = owner ? cffi_build_of(owner, counter) : NULL;
    if (build) cffi_add(&line, ", build "), cffi_add(&line, build);
    cffi_add(&line, "; the process ends");
    cffi_write_line(&line);
}

static bool is_ignored(int number) {
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (signals[i] == number) return before[i].sa_handler == SIG_IGN;
    }
    return false;
}

// Async-signal-safe (signal-safety(7)): it reads what was written before, and calls write(), sigaction() and raise().
static void handle_crash(int number, siginfo_t *information, void *context) {
    int saved = errno;
    if (information->si_code <= 0 && is_ignored(number)) return;
    // A process that a module forked crashes by itself.
    if (!cffi_is_other_process()) {
        if (atomic_exchange(&crashing, true)) {
            // Another thread is at it; its end is everybody's. A second fault of the same thread is blocked and ends all.
            for (int i = 0; i < 500; i++) nanosleep(&(struct timespec){0, 10000000}, NULL);
        } else {
            report_crash(number, information, context);
        }
    }
    for (size_t i = 0; i < SIGNAL_COUNT; i++) cffi_set_action(signals[i], &before[i], NULL);
    // A fault happens again where it happened, for the core or for who handled it before; a signal that was sent does not, nor
    // does a system call that was refused: a handler that waits for it to come again would let the process go on.
    if (information->si_code <= 0 || number == SIGSYS) {
        struct sigaction end = {.sa_handler = SIG_DFL};
        cffi_set_action(number, &end, NULL);
        raise(number);
    }
    errno = saved;
}

// Async-signal-safe as well. The thread that it runs on is any one: which module has asked for the signal is not known.
static void handle_alarm(int number, siginfo_t *information, void *context) {
    (void)information, (void)context;
    struct cffi_line line = {0};
    add_signal(&line, number);
    cffi_add(&line, " ends the process, and authhost never asks for that one: look for alarm(), setitimer() and ");
    cffi_add(&line, "setrlimit() in ");
    cffi_add_modules(&line);
    if (!cffi_is_other_process()) cffi_write_line(&line);
    signal(number, SIG_DFL);
    raise(number);
}

#define STACK_SIZE 65536
static pthread_key_t stack_key;
static _Thread_local bool is_prepared;

static void free_stack(void *stack) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(stack, STACK_SIZE);
}

// The signals that the latest threads blocked before they came to a module for the first time.
#define MAXIMUM_MASKS 256
static struct {
    _Atomic int32_t thread;
    _Atomic uint64_t mask;
} masks[MAXIMUM_MASKS];
static atomic_uint mask_count;

static void note_mask(void) {
    sigset_t set;
    uint64_t mask = 0;
    if (pthread_sigmask(SIG_BLOCK, NULL, &set) != 0) return;
    // A signal has the bit of its number less 1, as SigBlk of proc(5) has it.
    for (int number = 1; number <= 64; number++) mask |= (uint64_t)(sigismember(&set, number) == 1) << (number - 1);
    unsigned place = atomic_fetch_add(&mask_count, 1) % MAXIMUM_MASKS;
    atomic_store(&masks[place].mask, mask);
    atomic_store(&masks[place].thread, cffi_thread_number());
}

bool cffi_first_mask(int32_t thread, uint64_t *mask) {
    unsigned count = atomic_load(&mask_count);
    for (unsigned i = 1; i <= MAXIMUM_MASKS && i <= count; i++) {
        unsigned place = (count - i) % MAXIMUM_MASKS;
        if (atomic_load(&masks[place].thread) != thread) continue;
        *mask = atomic_load(&masks[place].mask);
        return true;
    }
    return false;
}

void cffi_prepare_thread(void) {
    if (is_prepared || !atomic_load(&cffi_is_guarded)) return;
    is_prepared = true;
    // A fault whose signal is blocked ends the process unseen, and threads of timers begin with all of them blocked.
    sigset_t faults;
    sigemptyset(&faults);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) sigaddset(&faults, signals[i]);
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
    note_mask();
    stack_t now;
    if (sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE)) return;
    void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) return;
    stack_t own = {.ss_sp = stack, .ss_size = STACK_SIZE};
    if (sigaltstack(&own, NULL) != 0 || pthread_setspecific(stack_key, stack) != 0) munmap(stack, STACK_SIZE);
}

static struct sigaction to_handle_crashes(void) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    action.sa_sigaction = handle_crash;
    sigemptyset(&action.sa_mask);
    return action;
}

void cffi_catch_crashes(void) {
    pthread_key_create(&stack_key, free_stack);
    struct sigaction action = to_handle_crashes();
    for (size_t i = 0; i < SIGNAL_COUNT; i++) cffi_set_action(signals[i], &action, &before[i]);
    action.sa_sigaction = handle_alarm;
    for (size_t i = 0; i < ALARM_COUNT; i++) {
        struct sigaction now;
        // One that is ignored, or that a profiler handles, ends nothing.
        if (sigaction(alarms[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL) sigaction(alarms[i], &action, NULL);
    }
}

bool cffi_wants_behind(int number, const struct sigaction *wish, struct sigaction *old) {
    // Behind a crash the way to its end is free, also for handlers of others.
    for (size_t i = 0; i < SIGNAL_COUNT && atomic_load(&cffi_is_guarded) && !atomic_load(&crashing); i++) {
        if (signals[i] != number) continue;
        // A handler of the module's own may stand there.
        struct sigaction action = to_handle_crashes();
        before[i] = *wish;
        atomic_fetch_or(&wanted, (uint64_t)1 << number);
        cffi_set_action(number, &action, old);
        return true;
    }
    return false;
}

uint64_t cffi_catch_crashes_again(void) {
    struct sigaction action = to_handle_crashes(), now;
    uint64_t found = atomic_exchange(&wanted, 0);
    for (size_t i = 0; i < SIGNAL_COUNT && atomic_load(&cffi_is_guarded) && !atomic_load(&crashing); i++) {
        if (sigaction(signals[i], NULL, &now) != 0 || now.sa_flags & SA_SIGINFO) continue;
        if (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN) continue;
        sigaction(signals[i], &action, NULL);
        found |= (uint64_t)1 << signals[i];
    }
    return found;
}
