#define _GNU_SOURCE
#include "trial.h"

#include <authhost/authmodule.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A child that is forked while another thread is in dlopen() would find the dynamic linker's lists half changed.
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;

void *cffi_open(const char *path) {
    pthread_mutex_lock(&loading);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    pthread_mutex_unlock(&loading);
    return library;
}

static volatile unsigned sink;

// Reads a text as the host does: to its end, or to a limit.
static void touch(const char *text) {
    for (int i = 0; text && i < 4097 && text[i]; i++) sink += (unsigned char)text[i];
}

static void read_descriptor(const auth_module_t *module) {
    if (!module || module->magic != AUTH_MAGIC || module->size < sizeof *module) return;
    touch(module->name);
    touch(module->version);
    for (uint32_t i = 0; module->entries && module->entry_count <= 256 && i < module->entry_count; i++) {
        const auth_entry_t *row = (const void *)((const char *)module->entries + (size_t)i * module->entry_size);
        touch(row->name);
        touch(row->signature);
    }
    for (uint32_t i = 0; module->options && module->option_count <= 256 && i < module->option_count; i++) {
        const auth_option_t *row = (const void *)((const char *)module->options + (size_t)i * module->option_size);
        touch(row->name);
        touch(row->default_value);
        touch(row->help);
    }
}

static void leave(int to, const char *word) {
    ssize_t written = write(to, word, strlen(word));
    syscall(SYS_exit_group, written < 0);
    __builtin_unreachable();
}

// In the child, where only this thread is left.
static _Noreturn void try_here(const char *path, uint32_t generation, int to, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) syscall(SYS_exit_group, 1);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t all;
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    int nowhere = open("/dev/null", O_RDWR);
    for (int stream = 0; stream < 3; stream++) nowhere < 0 ? close(stream) : dup2(nowhere, stream);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        const char *text = dlerror();
        char answer[512];
        snprintf(answer, sizeof answer, "-%s", text ? text : "no reason given");
        leave(to, answer);
    }
    void *symbol = dlsym(library, "auth_module");
    if (write(to, "m", 1) != 1) syscall(SYS_exit_group, 1);
    if (symbol) {
        const auth_module_t *(*function)(uint32_t, size_t);
        memcpy(&function, &symbol, sizeof function);
        read_descriptor(function(generation, sizeof(auth_module_t)));
    }
    leave(to, "+");
    __builtin_unreachable();
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Waits for the child's end; returns whether it came in time.
static bool ends(int child, int from, int64_t until) {
    for (;;) {
        // Where the kernel knows no pidfd, the pipe's end tells; only a copy that the child forked can hold that open.
        struct pollfd ready[2] = {{child, POLLIN, 0}, {child < 0 ? from : -1, 0, 0}};
        int64_t left = until - now();
        if (left <= 0) return false;
        int count = poll(ready, 2, (int)(left / 1000000 + 1));
        if (count > 0) return true;
        if (count < 0 && errno != EINTR) return false;
    }
}

static void judge(cffi_trial *trial, const char *answer, size_t length, int status) {
    trial->was_mapped = length > 0 && answer[0] == 'm';
    if (length > 0 && answer[length - 1] == '+' && trial->was_mapped) {
        trial->outcome = CFFI_TRIAL_GOOD;
    } else if (length > 0 && answer[0] == '-') {
        trial->outcome = CFFI_TRIAL_REFUSED;
        memcpy(trial->text, answer + 1, length - 1);
    } else {
        trial->outcome = WIFSIGNALED(status) ? CFFI_TRIAL_SIGNAL : CFFI_TRIAL_EXIT;
        trial->number = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    }
}

cffi_trial cffi_try(const char *path, uint32_t generation, int64_t nanoseconds) {
    cffi_trial trial = {.outcome = CFFI_TRIAL_SYSTEM};
    int ends_of_pipe[2], status = 0;
    if (pipe2(ends_of_pipe, O_CLOEXEC) != 0) {
        trial.number = errno;
        return trial;
    }
    int64_t until = now() + nanoseconds;
    pid_t parent = getpid();
    pthread_mutex_lock(&loading);
    pid_t pid = fork();
    if (pid == 0) try_here(path, generation, ends_of_pipe[1], parent);
    trial.number = errno;
    pthread_mutex_unlock(&loading);
    close(ends_of_pipe[1]);
    if (pid > 0) {
        int child = (int)syscall(SYS_pidfd_open, pid, 0);
        bool in_time = ends(child, ends_of_pipe[0], until);
        if (!in_time) kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
        if (child >= 0) close(child);
        char answer[sizeof trial.text];
        fcntl(ends_of_pipe[0], F_SETFL, O_NONBLOCK);
        ssize_t length = read(ends_of_pipe[0], answer, sizeof answer);
        judge(&trial, answer, length > 0 ? (size_t)length : 0, status);
        if (!in_time) trial.outcome = CFFI_TRIAL_HUNG;
    }
    close(ends_of_pipe[0]);
    return trial;
}
