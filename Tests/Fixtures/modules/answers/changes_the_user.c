// Fault: lets another user in than the one who asked. Expected: could not decide.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->user = string("mallory");
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("changes_the_user", AUTH_ANY_THREAD, ENTRIES);
