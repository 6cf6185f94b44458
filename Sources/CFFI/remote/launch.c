#define _GNU_SOURCE
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int64_t helper_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// A file in memory that neither side can make shorter: a reader of what is gone would be ended by SIGBUS.
static int make_memory(shared_memory **shared, size_t size) {
    int file = memfd_create("authhost-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x8u); // MFD_NOEXEC_SEAL, Linux 6.3
    if (file < 0 && errno == EINVAL) file = memfd_create("authhost-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -1;
    void *memory = MAP_FAILED;
    if (ftruncate(file, (off_t)size) == 0 && fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    if (memory == MAP_FAILED) {
        int failure = errno;
        close(file);
        errno = failure;
        return -1;
    }
    *shared = memory;
    return file;
}

// Starts the program with descriptors 0 to HELPER_MEMORY and nothing else that was open here.
static int spawn(cffi_helper *helper, const char *program, int module, int memory) {
    // Numbers above all those that are given to the program, so that moving one closes no other.
    int high_module = fcntl(module, F_DUPFD_CLOEXEC, 64), high_memory = fcntl(memory, F_DUPFD_CLOEXEC, 64);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&files, 0, 1);
    posix_spawn_file_actions_adddup2(&files, high_module, HELPER_MODULE);
    posix_spawn_file_actions_adddup2(&files, high_memory, HELPER_MEMORY);
    posix_spawn_file_actions_addclosefrom_np(&files, HELPER_FIRST_FREE);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    char *arguments[] = {"authhost-helper", helper->start.module, NULL};
    int failure = high_module < 0 || high_memory < 0
                      ? errno
                      : posix_spawn(&helper->process, program, &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (high_module >= 0) close(high_module);
    if (high_memory >= 0) close(high_memory);
    return failure;
}

static bool wait_for_end(cffi_helper *helper, int64_t nanoseconds) {
    struct pollfd process = {helper->descriptor, POLLIN, 0};
    int64_t milliseconds = (nanoseconds + 999999) / 1000000;
    if (poll(&process, 1, (int)(milliseconds < 600000 ? milliseconds : 600000)) <= 0) return false;
    // What it may have forked goes with it: no other process gets its number before it is waited for.
    kill(-helper->process, SIGKILL);
    siginfo_t end = {0};
    while (waitid(P_PID, (id_t)helper->process, &end, WEXITED) < 0 && errno == EINTR) {}
    helper->end_code = end.si_code;
    helper->end_status = end.si_status;
    atomic_store(&helper->is_dead, true);
    return true;
}

// Waits for the word that the module is loaded. Returns whether it came; else `why` is written.
static bool await_ready(cffi_helper *helper, int64_t nanoseconds, char *why) {
    int64_t until = helper_now() + nanoseconds;
    for (;;) {
        bool is_last = atomic_load(&helper->is_dead);
        struct message *message = NULL;
        enum ring_result found = helper_take(helper, &message);
        if (found == RING_DONE && message->head.kind == WIRE_READY) {
            size_t length = 0;
            const char *text = wire_get_text(&message->in, &length);
            bool is_ready = message->head.value == 0;
            if (!is_ready) snprintf(why, CFFI_HELPER_TEXT, "%s", text ? text : "the helper does not say why");
            helper_drop(message);
            return is_ready;
        }
        if (found == RING_DONE && message->head.kind == WIRE_ASK) {
            helper_answer(helper, message);
        } else if (found != RING_EMPTY) {
            if (message) helper_drop(message);
            helper_fault(helper, "it wrote what cannot be before it was ready");
        }
        if (is_last) {
            int used = snprintf(why, CFFI_HELPER_TEXT, "the helper process ended while it started: it ");
            helper_describe_end(helper, why + used, CFFI_HELPER_TEXT - (size_t)used);
            return false;
        }
        if (helper_now() >= until) {
            snprintf(why, CFFI_HELPER_TEXT, "the helper process has not loaded the module after %lld ms",
                     (long long)(nanoseconds / 1000000));
            return false;
        }
        if (found != RING_DONE && !wait_for_end(helper, 0)) ring_await_record(&helper->returns, ring_turns(), 2000000);
    }
}

static cffi_helper *make(const cffi_helper_start *start, const auth_host_t *table) {
    cffi_helper *helper = calloc(1, sizeof *helper);
    if (!helper) return NULL;
    helper->start = *start;
    helper->start.size = sizeof helper->start;
    helper->start.parent = getpid();
    helper->table = table;
    helper->descriptor = -1;
    pthread_mutex_init(&helper->sending, NULL);
    pthread_mutex_init(&helper->lock, NULL);
    sem_init(&helper->served, 0, 0);
    for (uint32_t i = 0; i < start->entry_count; i++) {
        const cffi_helper_entry *entry = &start->entries[i];
        wire_entry_shape(entry->name, entry->version, entry->signature, helper->shapes[i]);
    }
    return helper;
}

static size_t memory_size(const cffi_helper *helper) { return sizeof(shared_memory) + helper->start.note_size; }

cffi_helper *cffi_helper_launch(const char *program, int module, const cffi_helper_start *start, const char *note,
                                const auth_host_t *table, int64_t nanoseconds, char *why) {
    cffi_helper *helper = make(start, table);
    int memory = helper ? make_memory(&helper->shared, memory_size(helper)) : -1;
    if (memory < 0) {
        snprintf(why, CFFI_HELPER_TEXT, "there is no memory for the rings of a helper: %s", strerror(errno));
        if (helper) cffi_helper_free(helper);
        return NULL;
    }
    helper->shared->start = helper->start;
    memcpy(helper->shared->note, note, helper->start.note_size);
    helper->calls.shared = &helper->shared->calls;
    helper->tells.shared = &helper->shared->tells;
    helper->returns.shared = &helper->shared->returns;
    int failure = spawn(helper, program, module, memory);
    close(memory);
    if (failure) {
        snprintf(why, CFFI_HELPER_TEXT, "the helper program `%s` cannot be started: %s", program, strerror(failure));
        helper->process = 0;
        cffi_helper_free(helper);
        return NULL;
    }
    helper->descriptor = (int)syscall(SYS_pidfd_open, helper->process, 0);
    if (helper->descriptor >= 0 && await_ready(helper, nanoseconds, why)) return helper;
    if (helper->descriptor < 0) snprintf(why, CFFI_HELPER_TEXT, "pidfd_open(2) failed: %s", strerror(errno));
    cffi_helper_free(helper);
    return NULL;
}

void cffi_helper_free(cffi_helper *helper) {
    if (helper->process > 0 && !atomic_load(&helper->is_dead)) {
        kill(helper->process, SIGKILL);
        while (waitpid(helper->process, NULL, 0) < 0 && errno == EINTR) {}
    }
    if (helper->descriptor >= 0) close(helper->descriptor);
    if (helper->shared) munmap(helper->shared, memory_size(helper));
    pthread_mutex_destroy(&helper->sending);
    pthread_mutex_destroy(&helper->lock);
    sem_destroy(&helper->served);
    free(helper);
}

pid_t cffi_helper_process(const cffi_helper *helper) { return helper->process; }

// MARK: the end

void cffi_helper_kill(cffi_helper *helper) {
    // By the descriptor: a number may be another's by now.
    syscall(SYS_pidfd_send_signal, helper->descriptor, SIGKILL, NULL, 0);
}

void helper_fault(cffi_helper *helper, const char *format, ...) {
    pthread_mutex_lock(&helper->lock);
    if (!*helper->fault) {
        va_list values;
        va_start(values, format);
        vsnprintf(helper->fault, sizeof helper->fault, format, values);
        va_end(values);
    }
    pthread_mutex_unlock(&helper->lock);
    cffi_helper_kill(helper);
}

// Finds a call that is over its time, and kills the helper for it.
static void end_overdue(cffi_helper *helper) {
    if (atomic_load(&helper->in_flight_now) == 0) return;
    int64_t now = helper_now();
    const char *entry = NULL;
    pthread_mutex_lock(&helper->lock);
    for (struct waiting *call = helper->waiting; call && !entry; call = call->next) {
        if (call->due <= now) entry = helper->start.entries[call->entry].name;
    }
    pthread_mutex_unlock(&helper->lock);
    if (entry) helper_fault(helper, "`%s` had not returned by its deadline", entry);
}

bool cffi_helper_watch(cffi_helper *helper, int64_t nanoseconds) {
    if (!wait_for_end(helper, nanoseconds)) {
        end_overdue(helper);
        return false;
    }
    ring_wake(&helper->returns);
    while (sem_wait(&helper->served) != 0 && errno == EINTR) {}
    return true;
}

// Copies what the helper said of its end, without what could move a cursor.
static size_t copy_last_words(cffi_helper *helper, char *text, size_t size) {
    size_t length = 0;
    while (length + 1 < size && length < CFFI_HELPER_TEXT) {
        char byte = *(volatile char *)&helper->shared->last_words[length];
        if (!byte) break;
        text[length++] = byte < ' ' || byte > '~' ? '?' : byte;
    }
    text[length] = 0;
    return length;
}

void helper_describe_end(cffi_helper *helper, char *text, size_t size) {
    bool is_signal = helper->end_code == CLD_KILLED || helper->end_code == CLD_DUMPED;
    const char *name = is_signal ? sigabbrev_np(helper->end_status) : NULL;
    int used = is_signal ? snprintf(text, size, "was ended by signal %d (SIG%s)", helper->end_status, name ? name : "?")
                         : snprintf(text, size, "ended with status %d", helper->end_status);
    pthread_mutex_lock(&helper->lock);
    if (*helper->fault) used += snprintf(text + used, size - (size_t)used, ", because %s", helper->fault);
    pthread_mutex_unlock(&helper->lock);
    if ((size_t)used + 3 >= size) return;
    char words[512];
    if (copy_last_words(helper, words, sizeof words) > 0) {
        snprintf(text + used, size - (size_t)used, ": %s", words);
    }
}

void cffi_helper_end_text(cffi_helper *helper, char *text, int *signal) {
    bool is_signal = helper->end_code == CLD_KILLED || helper->end_code == CLD_DUMPED;
    *signal = is_signal ? helper->end_status : 0;
    helper_describe_end(helper, text, CFFI_HELPER_TEXT);
    size_t used = strlen(text);
    const char *between = "; in it: ";
    for (uint32_t i = 0; i < helper->start.entry_count && used + 64 < CFFI_HELPER_TEXT; i++) {
        if (!helper->in_flight[i]) continue;
        used += (size_t)snprintf(text + used, CFFI_HELPER_TEXT - used, "%s%u in `%s`", between, helper->in_flight[i],
                                 helper->start.entries[i].name);
        between = ", ";
    }
}
