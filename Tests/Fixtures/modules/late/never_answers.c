// Fault: a login of `never` and checks of /never/... are delayed for ever. Expected: denied at the deadline.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return is(login->user, "never") ? AUTH_DELAYED : AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return begins(check->object->name.data, "/never/") ? AUTH_DELAYED : AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_write, 9, check)
FIXTURE("never_answers", AUTH_ANY_THREAD, ENTRIES);
