#define _GNU_SOURCE
#include "spawn_command.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    int code;
    int stage;
} failure_t;

// From here to become_program everything is async-signal-safe, and changes nothing that a parent shares.

// The system call itself, with the kernel's structure (SIG_DFL is 0): the library's function leaves its own two
// signals alone, and one that was ignored when we were started would stay ignored.
static void reset_signals(void) {
    const unsigned long initial[8] = {0};
    for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, initial, NULL, NSIG / 8);
}

// The system calls themselves: the library's functions would tell threads that this process does not have.
static int change_user(const exec_spawn_t *spawn) {
    if (syscall(SYS_setgroups, spawn->group_count, spawn->groups) != 0) return -1;
    if (syscall(SYS_setresgid, spawn->group, spawn->group, spawn->group) != 0) return -1;
    return (int)syscall(SYS_setresuid, spawn->user, spawn->user, spawn->user);
}

static int take_descriptors(const exec_spawn_t *spawn) {
    if (dup2(spawn->input, 0) < 0 || dup2(spawn->output, 1) < 0 || dup2(spawn->errors, 2) < 0) return -1;
    // Marked and not closed: the program and the way to tell a failure are needed until the program is loaded.
    return (int)syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
}

static failure_t become_program(const exec_spawn_t *spawn) {
    reset_signals();
    setsid();
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (take_descriptors(spawn) != 0) return (failure_t){errno, EXEC_STAGE_DESCRIPTORS};
    if (spawn->changes_user && change_user(spawn) != 0) return (failure_t){errno, EXEC_STAGE_USER};
    sigset_t empty;
    sigemptyset(&empty);
    sigprocmask(SIG_SETMASK, &empty, NULL);
    syscall(SYS_execveat, spawn->program, "", spawn->arguments, spawn->environment, AT_EMPTY_PATH);
    // ENOENT is a script: its interpreter cannot open a descriptor that is closed by then.
    if (errno == ENOENT || errno == ENOSYS) execve(spawn->path, spawn->arguments, spawn->environment);
    return (failure_t){errno, EXEC_STAGE_PROGRAM};
}

static void tell(int pipe_end, failure_t failure) {
    while (write(pipe_end, &failure, sizeof failure) < 0 && errno == EINTR) {}
    _exit(127);
}

typedef struct {
    const exec_spawn_t *spawn;
    int pipe_end;
} start_t;

// What the keeper begins with. A change of user is a change of what may look into the memory, which a child of vfork
// shares: it gets a copy, by the system call itself, since the library's fork is for threads of this process.
__attribute__((noinline)) static pid_t start(void *argument) {
    const start_t *start = argument;
    pid_t process = start->spawn->changes_user ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : vfork();
    if (process == 0) tell(start->pipe_end, become_program(start->spawn));
    if (process < 0) {
        failure_t failure = {errno, EXEC_STAGE_FORK};
        while (write(start->pipe_end, &failure, sizeof failure) < 0 && errno == EINTR) {}
    }
    return process;
}

static void reap(pid_t process) {
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
}

pid_t exec_spawn(const exec_spawn_t *spawn, int *stage, exec_keeper_t **keeper) {
    int ends[2];
    *stage = EXEC_STAGE_FORK;
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    int writing = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
    int code = errno;
    close(ends[1]);
    if (writing < 0) {
        close(ends[0]);
        return -code;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    start_t begin = {spawn, writing};
    // The thread waits below until the program is loaded or is not: until then the keeper may use its errno.
    pid_t process = exec_keep(start, &begin, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(writing);
    failure_t failure;
    ssize_t count = 0;
    if (process > 0) while ((count = read(ends[0], &failure, sizeof failure)) < 0 && errno == EINTR) {}
    close(ends[0]);
    if (process < 0) return process;
    if (count != sizeof failure) {
        *stage = EXEC_STAGE_NONE;
        return process;
    }
    reap(process);
    exec_keeper_finish(*keeper);
    *stage = failure.stage;
    return -failure.code;
}

int exec_open_process(pid_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
    return descriptor < 0 ? -errno : descriptor;
}

int exec_open_program(const char *path) {
    int descriptor = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int exec_open_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno;
}

int exec_open_event(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}
