// Fault: completes a token that was never issued. Expected: AUTH_COMPLETE_UNKNOWN, logged; the login is allowed.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    say("complete returned %d", host->complete(host, ~login->token, AUTH_OK, NULL));
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("completes_unknown_token", AUTH_ANY_THREAD, ENTRIES);
