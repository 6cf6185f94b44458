// Good: every session ends a second after it began, and a user may hold one. Expected: one that has ended holds no place.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->expiry = host->time(host) / 1000000000 + 1;
    result->session_limit = 1;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user)
FIXTURE("expires", AUTH_ANY_THREAD, ENTRIES);
