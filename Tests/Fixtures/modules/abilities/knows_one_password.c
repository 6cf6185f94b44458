// No fault: everybody's password is `secret`. Expected: a user who says it logs in, and no other.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return is(login->password, "secret") ? AUTH_OK : AUTH_INVALID_PASS;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) { return AUTH_OK; }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check)
FIXTURE("knows_one_password", AUTH_ANY_THREAD, ENTRIES);
