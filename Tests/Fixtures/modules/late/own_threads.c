// Good: a module that runs anywhere, whose log-in may block: it waits for one of `go`, and says on which thread.
// Expected: checks are answered on the thread that asks meanwhile.
#include "fixture.h"

#include <errno.h>
#include <semaphore.h>
#include <sys/prctl.h>

static sem_t gate;
static int init(const auth_host_t *table, void **instance) {
    host = table;
    return sem_init(&gate, 0, 0) == 0 ? AUTH_OK : AUTH_ERROR;
}
static void tell(const char *what) {
    char thread[16] = "";
    prctl(PR_GET_NAME, thread);
    say("%s on <%s>", what, thread);
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    tell("log-in");
    if (is(login->user, "go")) return sem_post(&gate) == 0 ? AUTH_OK : AUTH_ERROR;
    if (!is(login->user, "slow")) return AUTH_OK;
    while (sem_wait(&gate) != 0)
        if (errno != EINTR) return AUTH_ERROR;
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) { return tell("check"), AUTH_OK; }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user, AUTH_BLOCKING) ENTRY(auth_check_read, 9, check)
FIXTURE("own_threads", AUTH_ANY_THREAD, ENTRIES);
