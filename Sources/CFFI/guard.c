#define _GNU_SOURCE
#include "call.h"
#include "line.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 // of <asm-generic/siginfo.h>, which clashes with <signal.h>
#endif

_Thread_local const cffi_plan *cffi_current_call;

static atomic_bool guarded, concluded, crashing;

// A page that is zero in every copy of the process, however it was forked (madvise(2), MADV_WIPEONFORK).
static const volatile char *original;
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

// The kernel's own way out: no handler runs.
static _Noreturn void end_at_once(int status) {
    for (;;) syscall(SYS_exit_group, status);
}

_Noreturn void cffi_end_copy(const cffi_plan *plan) {
    struct cffi_line line = {0};
    cffi_add(&line, "module `");
    cffi_add(&line, plan->module);
    cffi_add(&line, "` forked the process in `");
    cffi_add(&line, plan->entry);
    cffi_add(&line, "`: the copy has come back from there and is ended; only the host itself answers");
    cffi_write_line(&line);
    end_at_once(1);
}

// MARK: exit

static void refuse_end(const char *how) {
    if (!atomic_load(&guarded) || atomic_load(&concluded) || cffi_is_copy()) return;
    const cffi_plan *plan = cffi_current_call;
    struct cffi_line line = {0};
    int status = 1;
    if (plan) {
        cffi_add(&line, "module `");
        cffi_add(&line, plan->module);
        cffi_add(&line, "` ended the process with ");
        cffi_add(&line, how);
        cffi_add(&line, " in `");
        cffi_add(&line, plan->entry);
        cffi_add(&line, "`: nothing was decided");
        // Before it serves, a module that does so is one that cannot be used.
        if (!strcmp(plan->entry, "auth_init") || !strcmp(plan->entry, "auth_module")) status = 4;
    } else {
        cffi_add(&line, "the process was ended with ");
        cffi_add(&line, how);
        cffi_add(&line, " outside of a module's entry points, and not by the host: nothing was decided");
    }
    cffi_write_line(&line);
    end_at_once(status);
}

static void refuse_exit(void) { refuse_end("exit()"); }
static void refuse_quick_exit(void) { refuse_end("quick_exit()"); }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
// A module binds to these before it binds to the C library's: handlers of exit() do not see such an end.
__attribute__((visibility("default"))) _Noreturn void _exit(int status) {
    refuse_end("_exit()");
    end_at_once(status);
}

__attribute__((visibility("default"))) _Noreturn void _Exit(int status) {
    refuse_end("_Exit()");
    end_at_once(status);
}
#endif

_Noreturn void cffi_end(int status) {
    atomic_store(&concluded, true);
    // No code of a module runs any more, neither a handler of exit() nor a destructor: what was decided stands.
    fflush(NULL);
    end_at_once(status);
}

// MARK: crashes

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)
static struct sigaction before[SIGNAL_COUNT];

static const char *name_of(int number) {
    switch (number) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    case SIGABRT: return "SIGABRT";
    case SIGTRAP: return "SIGTRAP";
    default: return "SIGSYS";
    }
}

// Where modules lie in memory; a row is written before it is counted, and never changed.
#define MAXIMUM_MODULES 64
static struct {
    uintptr_t start, end;
    char name[CFFI_NAME_SIZE], build[CFFI_NAME_SIZE];
} modules[MAXIMUM_MODULES];
static atomic_uint module_count;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

static int find_object(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    uintptr_t *range = context, low = UINTPTR_MAX, high = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *row = &object->dlpi_phdr[i];
        if (row->p_type != PT_LOAD) continue;
        uintptr_t start = object->dlpi_addr + row->p_vaddr;
        if (start < low) low = start;
        if (start + row->p_memsz > high) high = start + row->p_memsz;
    }
    if (range[0] < low || range[0] >= high) return 0;
    range[0] = low;
    range[1] = high;
    return 1;
}

void cffi_add_module(const char *name, const char *build, cffi_function address) {
    uintptr_t range[2] = {0, 0};
    memcpy(&range[0], &address, sizeof range[0]);
    if (!dl_iterate_phdr(find_object, range)) return;
    pthread_mutex_lock(&adding);
    unsigned count = atomic_load(&module_count);
    if (count < MAXIMUM_MODULES) {
        modules[count].start = range[0];
        modules[count].end = range[1];
        cffi_copy_name(modules[count].name, name);
        cffi_copy_name(modules[count].build, build);
        atomic_store(&module_count, count + 1);
    }
    pthread_mutex_unlock(&adding);
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

static const char *module_at(uintptr_t address) {
    unsigned count = atomic_load(&module_count);
    for (unsigned i = 0; i < count; i++) {
        if (address >= modules[i].start && address < modules[i].end) return modules[i].name;
    }
    return NULL;
}

// The build id of a module, by its name; of two files with one name, that of the one that lies around the address.
static const char *build_of(const char *name, uintptr_t address) {
    unsigned count = atomic_load(&module_count);
    const char *found = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(modules[i].name, name) != 0) continue;
        if (!found || (address >= modules[i].start && address < modules[i].end)) found = modules[i].build;
    }
    return found && *found ? found : NULL;
}

static void report_crash(int number, const siginfo_t *information, const void *context) {
    const cffi_plan *plan = cffi_current_call;
    const char *owner = plan ? plan->module : module_at(program_counter(context));
    struct cffi_line line = {0};
    if (owner) {
        cffi_add(&line, "module `");
        cffi_add(&line, owner);
        cffi_add(&line, plan ? "` crashed in `" : "` crashed outside of its entry points");
        if (plan) cffi_add(&line, plan->entry);
        if (plan) cffi_add(&line, "`");
    } else {
        cffi_add(&line, "authhost crashed outside of modules");
    }
    cffi_add(&line, ": signal ");
    cffi_add_number(&line, (unsigned)number, 1);
    cffi_add(&line, " (");
    cffi_add(&line, name_of(number));
    cffi_add(&line, ")");
    if (number == SIGSYS && information->si_code == SYS_SECCOMP) {
        cffi_add(&line, ", system call ");
        cffi_add_number(&line, (unsigned)information->si_syscall, 1);
        cffi_add(&line, ", which its profile forbids");
    }
    const char *build = owner ? build_of(owner, program_counter(context)) : NULL;
    if (build) cffi_add(&line, ", build "), cffi_add(&line, build);
    cffi_add(&line, "; the process ends");
    cffi_write_line(&line);
}

// Async-signal-safe (signal-safety(7)): it reads what was written before, and calls write(), sigaction() and raise().
static void handle_crash(int number, siginfo_t *information, void *context) {
    int saved = errno;
    // A copy that a module forked crashes by itself.
    if (!cffi_is_copy()) {
        if (atomic_exchange(&crashing, true)) {
            // Another thread is at it; its end is everybody's. A second fault of the same thread is blocked and ends all.
            for (int i = 0; i < 500; i++) nanosleep(&(struct timespec){0, 10000000}, NULL);
        } else {
            report_crash(number, information, context);
        }
    }
    for (size_t i = 0; i < SIGNAL_COUNT; i++) sigaction(signals[i], &before[i], NULL);
    // A fault happens again where it happened, for the core or for who handled it before; a signal that was sent does not, nor
    // does a system call that was refused.
    if (information->si_code <= 0 || number == SIGSYS) raise(number);
    errno = saved;
}

#define STACK_SIZE 65536
static pthread_key_t stack_key;
static _Thread_local bool is_prepared;

static void free_stack(void *stack) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(stack, STACK_SIZE);
}

void cffi_prepare_thread(void) {
    if (is_prepared || !atomic_load(&guarded)) return;
    is_prepared = true;
    stack_t now;
    if (sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE)) return;
    void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) return;
    stack_t own = {.ss_sp = stack, .ss_size = STACK_SIZE};
    if (sigaltstack(&own, NULL) != 0 || pthread_setspecific(stack_key, stack) != 0) munmap(stack, STACK_SIZE);
}

void cffi_guard_process(void) {
    if (atomic_load(&guarded)) return;
    pthread_key_create(&stack_key, free_stack);
    atexit(refuse_exit);
    at_quick_exit(refuse_quick_exit);
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    action.sa_sigaction = handle_crash;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) sigaction(signals[i], &action, &before[i]);
    atomic_store(&guarded, true);
    cffi_prepare_thread();
}
