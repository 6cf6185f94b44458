// Good: checks run on the module's own thread, log-ins where they are asked. A check of `/wait` holds the thread until `go` logs in, and so
// does a batch that has a row about `/hang`. Expected: checks that wait meanwhile are rows of one batch.
#include "fixture.h"

#include <errno.h>
#include <semaphore.h>

static sem_t gate;
static int init(const auth_host_t *table, void **instance) {
    host = table;
    return sem_init(&gate, 0, 0) == 0 ? AUTH_OK : AUTH_ERROR;
}
static void wait_for_go(void) {
    say("waits");
    while (sem_wait(&gate) != 0 && errno == EINTR) continue;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return is(login->user, "go") && sem_post(&gate) != 0 ? AUTH_ERROR : AUTH_OK;
}
static int verdict(const auth_check_t *check) { return begins(check->object->name.data, "/deny") ? AUTH_DENY : AUTH_OK; }
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    say("%s alone", check->object->name.data);
    if (is(check->object->name, "/wait")) wait_for_go();
    return verdict(check);
}
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    char users[256] = "";
    for (size_t i = 0; i < count; i++) {
        auth_string_t name = checks[i]->object->name;
        if (strlen(users) < 64) strcat(strcat(users, " "), checks[i]->user.data);
        if (is(name, "/hang")) wait_for_go();
        results[i]->status = begins(name.data, "/alone")   ? AUTH_ASK_ALONE
                             : begins(name.data, "/later") ? AUTH_DELAYED
                                                           : verdict(checks[i]);
    }
    say("batch of %zu:%s", count, users);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user, AUTH_ANY_THREAD) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("rounds", AUTH_BLOCKING, ENTRIES);
