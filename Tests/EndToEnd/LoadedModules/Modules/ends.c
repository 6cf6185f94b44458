// Ends the process, or makes two of it, in the way that the user's name says. Option `init` does so in auth_init.
#define _GNU_SOURCE
#include <authhost/authmodule.h>
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static volatile int forever = 1;

static int deep(void) {
    volatile char here[4096] = {0};
    return forever ? deep() + here[1] : 0;
}

static void *fault(void *address) { return *(volatile char *)address ? NULL : address; }
static void *leave(void *unused) { exit(0); return unused; }
static void *leave_at_once(void *unused) { _exit(0); return unused; }
static void *fall(void *unused) { return deep() ? NULL : unused; }

// On a thread of the module's own, for which no entry point waits.
static int elsewhere(void *(*run)(void *)) {
    pthread_t thread;
    if (!pthread_create(&thread, NULL, run, (void *)8)) pthread_join(thread, NULL);
    return AUTH_DENY;
}

// Sends a fault's signal to a thread of the host's that calls no module.
static void strike(const char *name) {
    DIR *threads = opendir("/proc/self/task");
    for (struct dirent *entry; threads && (entry = readdir(threads));) {
        char path[300], found[32] = {0};
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fgets(found, sizeof found, file) && !strcmp(found, name))
            syscall(SYS_tgkill, getpid(), atoi(entry->d_name), SIGSEGV);
        if (file) fclose(file);
    }
    if (threads) closedir(threads);
}

static int fall_c11(void *unused) { (void)unused; return deep(); }

static int elsewhere_c11(void) {
    thrd_t thread;
    if (thrd_create(&thread, fall_c11, NULL) == thrd_success) thrd_join(thread, NULL);
    return AUTH_DENY;
}

// Finds the C library's own _exit() behind the host's.
static int leave_by_next(void) {
    void (*leave)(int) = (void (*)(int))dlsym(RTLD_NEXT, "_exit");
    leave(0);
    return AUTH_DENY;
}

// Ends the process in a way that no handler sees.
static int end_unseen(const char *way) {
    char *const program[] = {"true", NULL}, *const nothing[] = {NULL};
    if (!strcmp(way, "syscall")) syscall(SYS_exit_group, 0);
    if (!strcmp(way, "next")) return leave_by_next();
    if (!strcmp(way, "exec")) execve("/bin/true", program, nothing);
    if (!strcmp(way, "kill")) raise(SIGKILL);
    // As rt_sigaction(2) has the record: no handler, no flags, no mask.
    const long none[4] = {0};
    if (!strcmp(way, "default")) syscall(SYS_rt_sigaction, SIGSEGV, none, NULL, 8), fault((void *)8);
    return AUTH_OK;
}

// Keeps the thread that asks, or ends it.
static int keep(const char *way) {
    while (!strcmp(way, "hang")) pause();
    for (int number = strcmp(way, "closes") ? 1024 : 0; number < 1024; number++) close(number);
    if (!strcmp(way, "leave")) pthread_exit(NULL);
    return AUTH_OK;
}

// Answers with what lies nowhere, or writes behind the record.
static int spoil(const char *way, auth_result_t *result) {
    if (!strcmp(way, "nowhere")) result->reason_log = (auth_string_t){(char *)8, 10};
    if (!strcmp(way, "behind")) memset(result, 0x55, 1024);
    return AUTH_OK;
}

static void at_time(union sigval ends) { ends.sival_int ? exit(0) : (void)deep(); }

// On a thread that the C library makes for a timer of the module's.
static int by_timer(int ends) {
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = at_time, .sigev_value.sival_int = ends};
    struct itimerspec soon = {.it_value = {0, 1}};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &soon, NULL)) return AUTH_DENY;
    for (;;) pause();
}

static int has_ended(pid_t child) {
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7 ? AUTH_OK : AUTH_ERROR;
}

// A child that shares the host's memory, as posix_spawn(3) makes them, ends itself.
static int end_child(void) {
    pid_t child = vfork();
    if (child == 0) _exit(7);
    return has_ended(child);
}

// A copy of the host does, in each of the ways, or crashes.
static int end_copy(void (*how)(int)) {
    pid_t child = fork();
    if (child == 0) how(7);
    return has_ended(child);
}

static int crash_copy(void) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) fault((void *)8);
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? AUTH_OK : AUTH_ERROR;
}

static void give_up(int number) { signal(number, SIG_DFL); }

// Has a handler of its own, which sets the default and comes back to the fault.
static int fault_handled(void) {
    sigaction(SIGSEGV, &(struct sigaction){.sa_handler = give_up}, NULL);
    return fault((void *)8) ? AUTH_DENY : AUTH_OK;
}

static int end(const char *way) {
    if (!strcmp(way, "exit")) exit(0);
    if (!strcmp(way, "quick-exit")) quick_exit(0);
    if (!strcmp(way, "_exit")) _exit(0);
    if (!strcmp(way, "crash")) fault((void *)8);
    if (!strcmp(way, "abort")) abort();
    if (!strcmp(way, "unhandled")) signal(SIGSEGV, SIG_DFL), fault((void *)8);
    if (!strcmp(way, "handled")) return fault_handled();
    if (!strcmp(way, "raise")) raise(SIGSEGV);
    if (!strcmp(way, "ignored")) sigaction(SIGSEGV, &(struct sigaction){.sa_handler = SIG_IGN}, NULL), fault((void *)8);
    if (!strcmp(way, "overflow")) return deep();
    if (!strcmp(way, "thread")) return elsewhere(fault);
    if (!strcmp(way, "thread-exit")) return elsewhere(leave);
    if (!strcmp(way, "thread-_exit")) return elsewhere(leave_at_once);
    if (!strcmp(way, "thread-overflow")) return elsewhere(fall);
    if (!strcmp(way, "c11-overflow")) return elsewhere_c11();
    if (!strcmp(way, "timer-exit")) return by_timer(1);
    if (!strcmp(way, "timer-overflow")) return by_timer(0);
    while (!strcmp(way, "signal")) strike("auth-deadlines\n"), sleep(1);
    while (!strcmp(way, "alarm")) kill(getpid(), SIGALRM), pause();
    if (!strcmp(way, "child")) return end_child();
    if (!strcmp(way, "copy-exit")) return end_copy(exit);
    if (!strcmp(way, "copy-_exit")) return end_copy(_exit);
    if (!strcmp(way, "copy-crash")) return crash_copy();
    if (!strcmp(way, "daemon")) return daemon(1, 1) ? AUTH_ERROR : AUTH_OK;
    if (!strcmp(way, "fork") || !strcmp(way, "vfork")) {
        pid_t child = way[0] == 'f' ? fork() : vfork();
        int status = 0;
        // Where there is no such program, the child comes back as if it were the host.
        if (child == 0 && way[0] == 'v') execl("/no/such/program", "program", (char *)NULL);
        if (child > 0) waitpid(child, &status, 0);
        return child > 0 && status == 0 ? AUTH_ERROR : AUTH_OK;
    }
    return end_unseen(way);
}

// Not in the trial of the host's, which has nothing to read.
__attribute__((constructor)) static void begin(void) {
    const char *way = getenv("ENDS_MAPPED");
    struct stat input;
    if (way && !fstat(0, &input) && S_ISFIFO(input.st_mode)) end(way);
}

static int init(const auth_host_t *host, void **instance) {
    *instance = NULL;
    const char *way = host->option(host, "init", 0);
    return end(way ? way : "");
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    spoil(login->user.data, result);
    keep(login->user.data);
    return end(login->user.data);
}

static int free_user(void *instance, const auth_end_t *ended) {
    (void)instance;
    return strncmp(ended->user.data, "free-", 5) ? AUTH_OK : end(ended->user.data + 5);
}

// The first segment of the object's name says how.
static int check(void *instance, const auth_check_t *asked, auth_result_t *result) {
    (void)instance;
    spoil(asked->object->name.data + 1, result);
    keep(asked->object->name.data + 1);
    return end(asked->object->name.data + 1);
}

static int map(void *instance, const auth_mapping_t *asked, auth_result_t *result) {
    (void)instance, (void)result;
    return strncmp(asked->name.data, "/map/", 5) ? AUTH_FALSE : end(asked->name.data + 5);
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user) E(auth_resume_user, 9, new_user) \
    E(auth_free_user, 9, free_user) \
    E(auth_check_read, 9, check) E(auth_check_write, 9, check) E(auth_map_object, 9, map) E(auth_explain, 9, check)
#define OPTIONS(O) O("init", AUTH_OPTION_STRING, "", "How auth_init ends the process.")
AUTH_MODULE("ends", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
