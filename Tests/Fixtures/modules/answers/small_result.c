// Fault: completes with a record too small to be one. Expected: AUTH_COMPLETE_REFUSED; the login is denied.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    auth_result_t small = {.size = 4};
    say("complete returned %d", host->complete(host, login->token, AUTH_OK, &small));
    return AUTH_DELAYED;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("small_result", AUTH_ANY_THREAD, ENTRIES);
