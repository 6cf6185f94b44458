// Good, blocking: a login of `slow...` waits for one of `go`. Expected: those behind it wait in a bounded queue.
#include "fixture.h"

#ifndef NAME
#define NAME "blocking_slow"
#define THREADS AUTH_BLOCKING
#endif

#include <errno.h>
#include <semaphore.h>
#include <sys/prctl.h>

static sem_t gate;
static int init(const auth_host_t *table, void **instance) {
    host = table;
    return sem_init(&gate, 0, 0) == 0 ? AUTH_OK : AUTH_ERROR;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    if (is(login->user, "go")) return sem_post(&gate) == 0 ? AUTH_OK : AUTH_ERROR;
    char thread[16] = "";
    if (!begins(login->user.data, "slow")) return prctl(PR_GET_NAME, thread), say("on thread <%s>", thread), AUTH_OK;
    say("waiting %s", login->user.data);
    while (sem_wait(&gate) != 0)
        if (errno != EINTR) return AUTH_ERROR;
    return AUTH_OK;
}
static int leave(void *instance, const auth_end_t *ended) {
    char user[64] = "nobody", address[64] = "nowhere";
    host->session_attribute(host, ended->session, AUTH_SESSION_USER, user, sizeof user);
    host->session_attribute(host, ended->session, AUTH_SESSION_ADDRESS, address, sizeof address);
    say("free_user for reason %u of <%s> at <%s>", (unsigned)ended->reason, user, address);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user) ENTRY(auth_free_user, 9, leave) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE(NAME, THREADS, ENTRIES);
