// Good, blocking: a login of `slow...` waits for one of `go`. Expected: those behind it wait in a bounded queue.
#include "fixture.h"

#include <errno.h>
#include <semaphore.h>

static sem_t gate;
static int init(const auth_host_t *table, void **instance) {
    host = table;
    return sem_init(&gate, 0, 0) == 0 ? AUTH_OK : AUTH_ERROR;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    if (is(login->user, "go")) return sem_post(&gate) == 0 ? AUTH_OK : AUTH_ERROR;
    if (!begins(login->user.data, "slow")) return AUTH_OK;
    say("waiting");
    while (sem_wait(&gate) != 0)
        if (errno != EINTR) return AUTH_ERROR;
    return AUTH_OK;
}
static int leave(void *instance, auth_session_t session, uint32_t reason) {
    say("free_user for reason %u", (unsigned)reason);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user) ENTRY(auth_free_user, 9, leave) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("blocking_slow", AUTH_BLOCKING, ENTRIES);
