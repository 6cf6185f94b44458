// Hostile: an object's first segment says how the process ends, or what it does to its host's memory. Expected: in a helper
// process such questions are "could not decide", and sessions go on with the next process. Session data is of the process that
// has set it: another one's would abort. Built with PROFILE, it declares one.
#define _GNU_SOURCE
#include "fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#ifndef NAME
#define NAME "ends_its_process"
#endif
#ifdef PROFILE
AUTH_PROFILE(PROFILE);
#endif
static uint64_t data(void) { return (uint64_t)getpid() << 8 | 5; }
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->session_data = data();
    return AUTH_OK;
}
static volatile uintptr_t nowhere = 8;
// Writes over the rings that the process shares with its host.
static void scribble(const char *how) {
    struct stat status;
    if (fstat(4, &status) != 0) return;
    char *memory = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, 4, 0);
    if (memory == MAP_FAILED) abort();
    size_t half = (size_t)status.st_size / 3 * 2;
    memset(memory + half, strcmp(how, "ones") == 0 ? 0xff : 0x5a, (size_t)status.st_size - half);
    hang();
}
static void take_memory(void) {
    for (;;) {
        char *more = malloc(1 << 20);
        if (!more) abort();
        memset(more, 1, 1 << 20);
    }
}
static int check(void *instance, const auth_check_t *c, auth_result_t *result) {
    const char *name = c->object->name.data;
    if (c->session_data != data()) say("data of another process"), abort();
    if (begins(name, "/deny/")) return AUTH_DENY;
    if (begins(name, "/kill/")) raise(SIGKILL);
    if (begins(name, "/segv/")) return *(volatile int *)nowhere;
    if (begins(name, "/abort/")) abort();
    if (begins(name, "/stop/")) raise(SIGSTOP);
    if (begins(name, "/hang/")) hang();
    if (begins(name, "/exit/")) exit(0);
    if (begins(name, "/end/")) _exit(0);
    if (begins(name, "/memory/")) take_memory();
    if (begins(name, "/zeros/")) scribble("zeros");
    if (begins(name, "/ones/")) scribble("ones");
    if (begins(name, "/socket/")) socket(AF_INET, SOCK_STREAM, 0);
    if (begins(name, "/descriptor/")) return write(5, "x", 1) < 0 ? (result->reason_log = string(strerror(errno)), AUTH_ERROR) : AUTH_OK;
    if (begins(name, "/fork/")) {
        pid_t child = fork();
        int status = 0;
        if (child > 0) waitpid(child, &status, 0);
        return child > 0 && status == 0 ? AUTH_ERROR : AUTH_OK;
    }
    if (begins(name, "/later/")) return answer_later(c->token, AUTH_OK, 1, "");
    if (begins(name, "/never/")) return AUTH_DELAYED;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check)
FIXTURE(NAME, AUTH_ANY_THREAD, ENTRIES);
