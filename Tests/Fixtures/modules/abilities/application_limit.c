// No fault: two sessions of a user, one of them with the same application id. Expected: a second log-in of an application
// is over a limit.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->session_limit = 2;
    result->application_session_limit = 1;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("application_limit", AUTH_ANY_THREAD, ENTRIES);
