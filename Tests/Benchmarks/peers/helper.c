// Asks a module of generation 9 `auth_check_read` in this process, in a helper process with some calls in flight, and in a
// child at the other end of a socketpair, and prints what each takes; then kills helpers and prints how long that is not known.
//
//     helper PROGRAM MODULE ROUNDS
#define _GNU_SOURCE
#include "helper.h"
#include "trial.h"

#include <authhost/descriptor.h>
#include <authhost/entries9.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "helper: %s\n", what);
    exit(1);
}

// MARK: the question

static auth_object_t object = {sizeof object, AUTH_OBJECT_RECORD, 0, AUTH_STATIC_LITERAL("/FX/EURUSD")};
static char scratch[8192];

static int ask(int64_t (*call)(void *, const uint64_t *), void *context) {
    auth_check_t check = {.size = sizeof check, .action = AUTH_ACTION_READ, .session = 1, .token = 1,
                          .user = AUTH_STATIC_LITERAL("alice"), .requested = AUTH_STATIC_LITERAL("/FX/EURUSD"),
                          .object = &object, .contribution_id = AUTH_STATIC_LITERAL("")};
    auth_result_t result = {.size = sizeof result, .scratch = scratch, .scratch_size = sizeof scratch};
    uint64_t arguments[] = {0, (uintptr_t)&check, (uintptr_t)&result};
    return (int)call(context, arguments);
}

// MARK: in this process

struct here {
    cffi_plan *plan;
    cffi_function function;
    void *instance;
};

static int64_t call_here(void *context, const uint64_t *arguments) {
    struct here *here = context;
    uint64_t own[] = {(uintptr_t)here->instance, arguments[1], arguments[2]};
    return cffi_call(here->plan, here->function, own);
}

// MARK: in a helper

static void *serve(void *helper) { return cffi_helper_serve(helper), NULL; }
static void *watch(void *helper) {
    while (!cffi_helper_watch(helper, 1000000000)) {}
    return NULL;
}

static int64_t call_there(void *helper, const uint64_t *arguments) {
    int64_t result = 0;
    return cffi_helper_call(helper, 1, arguments, now() + 10000000000, &result) == CFFI_CALL_DONE ? result : -1;
}

struct load {
    cffi_helper *helper;
    long rounds;
};

static void *ask_often(void *context) {
    struct load *load = context;
    for (long i = 0; i < load->rounds; i++) {
        if (ask(call_there, load->helper) == -1) fail("a call had no answer");
    }
    return NULL;
}

static double in_flight(cffi_helper *helper, int count, long rounds) {
    pthread_t threads[64];
    struct load load = {helper, rounds / count};
    int64_t began = now();
    for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, ask_often, &load);
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    return (double)(now() - began) / (double)(load.rounds * count);
}

// MARK: over a socketpair

static int64_t call_over(void *context, const uint64_t *arguments) {
    int *ends = context;
    char question[sizeof(auth_check_t) + 64] = {0};
    int32_t status = 0;
    memcpy(question, (void *)(uintptr_t)arguments[1], sizeof(auth_check_t));
    if (write(ends[0], question, sizeof question) != sizeof question || read(ends[0], &status, sizeof status) != sizeof status) {
        fail("the socketpair is broken");
    }
    return status;
}

// Without libffi, whose calls end in a copy of the process that they come back in.
static int64_t call_plainly(void *context, const uint64_t *arguments) {
    struct here *here = context;
    auth_check_read_9_fn *function = (auth_check_read_9_fn *)here->function;
    return function(here->instance, (const auth_check_t *)(uintptr_t)arguments[1], (auth_result_t *)(uintptr_t)arguments[2]);
}

static void answer_over(int end, struct here *here) {
    char question[sizeof(auth_check_t) + 64];
    while (read(end, question, sizeof question) == sizeof question) {
        int32_t status = ask(call_plainly, here);
        if (write(end, &status, sizeof status) != sizeof status) break;
    }
    _exit(0);
}

static double best(int times, double (*measure)(void *, long), void *context, long rounds) {
    double least = 0;
    for (int i = 0; i < times; i++) {
        double found = measure(context, rounds);
        if (i == 0 || found < least) least = found;
    }
    return least;
}

static double time_here(void *context, long rounds) {
    int64_t began = now();
    for (long i = 0; i < rounds; i++) ask(call_here, context);
    return (double)(now() - began) / (double)rounds;
}

static double time_over(void *context, long rounds) {
    int64_t began = now();
    for (long i = 0; i < rounds / 10; i++) ask(call_over, context);
    return (double)(now() - began) / (double)(rounds / 10);
}

static double time_1(void *helper, long rounds) { return in_flight(helper, 1, rounds); }
static double time_16(void *helper, long rounds) { return in_flight(helper, 16, rounds); }
static double time_64(void *helper, long rounds) { return in_flight(helper, 64, rounds); }

int main(int count, char **arguments) {
    if (count != 4) fail("usage: helper PROGRAM MODULE ROUNDS");
    long rounds = atol(arguments[3]);
    setlinebuf(stdout);
    int file = open(arguments[2], O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) fail("there is no such module");
    char *bytes = malloc((size_t)status.st_size);
    if (read(file, bytes, (size_t)status.st_size) != status.st_size) fail("the module cannot be read");
    int module = cffi_memory_file("module", bytes, (size_t)status.st_size);

    static auth_host_t table = {.size = sizeof table, .generation = 9, .draft = AUTH_DRAFT};
    void *library = dlopen(arguments[2], RTLD_NOW | RTLD_LOCAL);
    if (!library) fail(dlerror());
    const auth_module_t *descriptor = ((auth_module_fn *)(uintptr_t)dlsym(library, "auth_module"))(9, sizeof *descriptor);
    cffi_helper_start start = {.size = sizeof start, .threads = 2, .generation = 9, .draft = AUTH_DRAFT,
                               .declared = descriptor->threads, .row_count = descriptor->entry_count, .entry_count = 2,
                               .entries = {{"auth_init", "i(Tp)", 9, 0}, {"auth_check_read", "i(pCR)", 9, 0}}};
    snprintf(start.module, sizeof start.module, "%s", descriptor->name);
    snprintf(start.version, sizeof start.version, "%s", descriptor->version);
    struct here here = {cffi_prepare("i(pCR)", "bench", "auth_check_read", 9), NULL, NULL};
    for (uint32_t i = 0; i < descriptor->entry_count; i++) {
        if (!strcmp(descriptor->entries[i].name, "auth_check_read")) here.function = descriptor->entries[i].function;
    }

    char why[CFFI_HELPER_TEXT];
    cffi_helper *helper = cffi_helper_launch(arguments[1], module, &start, "", &table, 10000000000, why);
    if (!helper) fail(why);
    pthread_t server, watcher;
    pthread_create(&server, NULL, serve, helper);
    pthread_create(&watcher, NULL, watch, helper);
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        answer_over(ends[1], &here);
    }
    close(ends[1]);

    double in_process = best(3, time_here, &here, rounds * 10);
    printf("in_process_ns %.0f\n", in_process);
    printf("socketpair_ns %.0f\n", best(3, time_over, ends, rounds));
    printf("helper_1_ns %.0f\n", best(3, time_1, helper, rounds));
    printf("helper_16_ns %.0f\n", best(3, time_16, helper, rounds));
    printf("helper_64_ns %.0f\n", best(3, time_64, helper, rounds));
    close(ends[0]);
    waitpid(child, NULL, 0);

    int64_t began = now();
    cffi_helper_kill(helper);
    pthread_join(watcher, NULL);
    printf("death_us %.0f\n", (double)(now() - began) / 1000);
    pthread_join(server, NULL);
    cffi_helper_free(helper);
    return 0;
}
