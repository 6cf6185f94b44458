// Fault: changes what belongs to the whole process in auth_init or in a log-in, as its option says. Expected: each is named in the event log.
#include "fixture.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>

static int init(const auth_host_t *table, void **instance) {
    host = table;
    const char *what = host->option(host, "what", 0);
    sigset_t set;
    sigemptyset(&set);
    if (!strcmp(what, "output")) return printf("allow: granted\n") > 0 ? AUTH_OK : AUTH_ERROR;
    if (!strcmp(what, "directory")) return chdir("/usr") == 0 ? AUTH_OK : AUTH_ERROR;
    if (!strcmp(what, "locale")) return setlocale(LC_ALL, "C.UTF-8") ? AUTH_OK : AUTH_ERROR;
    if (!strcmp(what, "handler")) return signal(SIGWINCH, SIG_IGN) == SIG_ERR ? AUTH_ERROR : AUTH_OK;
    if (!strcmp(what, "crashes")) return signal(SIGSEGV, SIG_DFL) == SIG_ERR ? AUTH_ERROR : AUTH_OK;
    if (!strcmp(what, "mask")) {
        sigaddset(&set, SIGUSR1);
        return pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0 ? AUTH_OK : AUTH_ERROR;
    }
    if (!strcmp(what, "leaked")) return open("/dev/zero", O_RDONLY) >= 0 ? AUTH_OK : AUTH_ERROR;
    if (!strcmp(what, "kept")) return open("/dev/zero", O_RDONLY | O_CLOEXEC) >= 0 ? AUTH_OK : AUTH_ERROR;
    // The host's logs: what it appends to.
    for (int number = 3; !strcmp(what, "taken") && number < 1024; number++)
        if (fcntl(number, F_GETFL) >= 0 && fcntl(number, F_GETFL) & O_APPEND) close(number);
    if (!strcmp(what, "closed")) return close(0) == 0 ? AUTH_OK : AUTH_ERROR;
    return AUTH_OK;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    const char *what = host->option(host, "what", 0);
    if (!strcmp(what, "directory later") && chdir("/usr") != 0) return AUTH_ERROR;
    if (!strcmp(what, "locale later") && !setlocale(LC_ALL, "C.UTF-8")) return AUTH_ERROR;
    if (!strcmp(what, "crashes later") && signal(SIGSEGV, SIG_IGN) == SIG_ERR) return AUTH_ERROR;
    sigset_t all;
    sigfillset(&all);
    if (!strcmp(what, "mask later") && pthread_sigmask(SIG_SETMASK, &all, NULL) != 0) return AUTH_ERROR;
    // What the host's event loops wait with, and all else behind the standard descriptors.
    for (int number = 3; !strcmp(what, "all later") && number < 1024; number++) close(number);
    return user9(instance, login, result);
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user)
#define OPTIONS(OPTION) OPTION("what", AUTH_OPTION_STRING, "nothing", "What it changes.")
AUTH_MODULE("changes_the_process", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, OPTIONS);
