// Hostile: an object's first segment says what is done to the process, or to the thread that asks. Expected: nothing of it is an allow;
// in a helper process it is "could not decide" at most, and the host has its directory, locale, signals, descriptors and memory.
#define _GNU_SOURCE
#define _FORTIFY_SOURCE 2 // so that glibc looks at where longjmp(3) would go
#include "fixture.h"
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
static jmp_buf place;
static volatile int bottom = 1 << 30;
// Goes down for as long as there is stack.
static int overflow(int level) {
    volatile char frame[4096];
    frame[level % 4096] = (char)level;
    return level == bottom ? 0 : overflow(level + 1) + frame[0];
}
// Remembers a place in a frame that is gone as soon as it returns.
__attribute__((noinline)) static int remember(int level) {
    volatile char frame[4096];
    frame[level] = 1;
    return level > 0 ? remember(level - 1) + frame[level] - 1 : setjmp(place);
}
static void block_signals(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}
static void leak(void) {
    char *lost = malloc(16 << 20);
    if (lost) memset(lost, 1, 16 << 20);
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *c, auth_result_t *result) {
    const char *name = c->object->name.data;
    if (begins(name, "/stack/")) return overflow(0);
    if (begins(name, "/jump/") && remember(8) == 0) longjmp(place, 1);
    if (begins(name, "/mask/")) return block_signals(), AUTH_DENY;
    if (begins(name, "/locale/")) return setlocale(LC_ALL, "C.UTF-8"), AUTH_DENY;
    if (begins(name, "/directory/")) return chdir("/usr") == 0 ? AUTH_DENY : AUTH_ERROR;
    for (int number = 0; begins(name, "/close/") && number < 1024; number++) close(number);
    if (begins(name, "/close/")) return AUTH_DENY;
    if (begins(name, "/leak/")) return leak(), AUTH_DENY;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check)
FIXTURE("harms_its_process", AUTH_ANY_THREAD, ENTRIES);
