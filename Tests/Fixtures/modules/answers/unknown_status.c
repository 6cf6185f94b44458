// Fault: answers with a number that no status has. Expected: could not decide, logged.
#include "fixture.h"

// The user `good` gets in, so that checks can be asked, which are answered the same.
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return is(login->user, "good") ? AUTH_OK : 77;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) { return 77; }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check)
FIXTURE("unknown_status", AUTH_ANY_THREAD, ENTRIES);
