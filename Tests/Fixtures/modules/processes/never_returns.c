// Fault: a check of /hang/... never returns. Expected: could not decide at the deadline, and the module is marked hung.
#include "fixture.h"
#ifndef THREADS
#define THREADS AUTH_SERIAL
#define NAME "never_returns"
#endif

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    if (begins(check->object->name.data, "/hang")) {
        say("hanging");
        hang();
    }
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check)
FIXTURE(NAME, THREADS, ENTRIES);
