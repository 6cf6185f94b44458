#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The keeper shares this process's memory and with it the thread-local storage of the thread that started it, which runs on.
// So it makes its system calls itself: the library's functions would write that thread's errno.
#define KEEPER __attribute__((disable_sanitizer_instrumentation, no_stack_protector))

#if defined(__x86_64__)
KEEPER static long call(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
KEEPER static long call(long number, long a, long b, long c, long d) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
#else
#error "the system call of this architecture is not known here"
#endif

enum { STACK = 64 * 1024 };

struct exec_keeper {
    pid_t (*begin)(void *);
    void *argument;
    // wait(2)'s status of the program; written before the keeper ends, read after it was reaped.
    int status;
    char children[4096];
    _Alignas(16) char stack[STACK];
};

// The signals that the keeper takes, in the kernel's form.
static const uint64_t taken = 1ull << (SIGCHLD - 1) | 1ull << (SIGTERM - 1) | 1ull << (EXEC_END_SIGNAL - 1);

static const unsigned long default_action[8] = {0};

KEEPER static long next_signal(const struct timespec *limit) {
    return call(SYS_rt_sigtimedwait, (long)&taken, 0, (long)limit, 8);
}

// Sends a signal to all children: those that the program left behind have become the keeper's.
KEEPER static void signal_children(exec_keeper_t *keeper, int signal) {
    int file = (int)call(SYS_openat, AT_FDCWD, (long)"/proc/thread-self/children", O_RDONLY | O_CLOEXEC, 0);
    if (file < 0) return;
    long count, process = 0;
    while ((count = call(SYS_read, file, (long)keeper->children, sizeof keeper->children, 0)) > 0) {
        for (long index = 0; index < count; index++) {
            char byte = keeper->children[index];
            if (byte >= '0' && byte <= '9') {
                process = process * 10 + (byte - '0');
            } else if (process > 0) {
                call(SYS_kill, process, signal, 0, 0);
                process = 0;
            }
        }
    }
    call(SYS_close, file, 0, 0, 0);
}

// Takes what has ended. Returns 0 when nothing is left.
KEEPER static int reap(exec_keeper_t *keeper, pid_t program, int *has_ended) {
    for (;;) {
        int status = 0;
        long process = call(SYS_wait4, -1, (long)&status, WNOHANG, 0);
        if (process <= 0) return process == 0;
        if (process != program) continue;
        keeper->status = status;
        *has_ended = 1;
    }
}

KEEPER static int keep(void *argument) {
    exec_keeper_t *keeper = argument;
    // Where this process ignores it, the system would throw the status away.
    call(SYS_rt_sigaction, SIGCHLD, (long)default_action, 0, 8);
    call(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0);
    // The process that started it is gone, and cannot say when to end.
    call(SYS_prctl, PR_SET_PDEATHSIG, EXEC_END_SIGNAL, 0, 0);
    pid_t program = keeper->begin(keeper->argument);
    call(SYS_close_range, 0, (long)~0u, 0, 0);
    int has_ended = program < 0, is_told = 0;
    while (!has_ended && !is_told) {
        long signal = next_signal(NULL);
        if (signal == SIGTERM) {
            call(SYS_kill, -program, SIGTERM, 0, 0);
            signal_children(keeper, SIGTERM);
        }
        is_told = signal == EXEC_END_SIGNAL;
        reap(keeper, program, &has_ended);
    }
    // Those of its group at once, so that none of them can start others faster than they are found.
    if (program > 0) call(SYS_kill, -program, SIGKILL, 0, 0);
    const struct timespec pause = {0, 50 * 1000 * 1000};
    for (signal_children(keeper, SIGKILL); reap(keeper, program, &has_ended); signal_children(keeper, SIGKILL)) {
        next_signal(&pause);
    }
    call(SYS_exit_group, 0, 0, 0, 0);
    return 0;
}

pid_t exec_keep(pid_t (*begin)(void *), void *argument, exec_keeper_t **result) {
    exec_keeper_t *keeper =
        mmap(NULL, sizeof *keeper, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (keeper == MAP_FAILED) return -errno;
    keeper->begin = begin;
    keeper->argument = argument;
    keeper->status = -1;
    // Not a thread, and not a copy: a child of its own that may be killed alone and holds no second copy of any secret.
    pid_t process = clone(keep, keeper->stack + STACK, CLONE_VM | SIGCHLD, keeper);
    if (process < 0) {
        int code = errno;
        munmap(keeper, sizeof *keeper);
        return -code;
    }
    *result = keeper;
    return process;
}

int exec_keeper_finish(exec_keeper_t *keeper) {
    int status = keeper->status;
    munmap(keeper, sizeof *keeper);
    return status;
}
