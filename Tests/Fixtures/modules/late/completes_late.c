// Fault: completes a login from auth_cancel. Expected: AUTH_COMPLETE_LATE, dropped and logged; the login stays denied.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return AUTH_DELAYED;
}
static void cancel(void *instance, const auth_cancel_t *cancelled) {
    say("complete returned %d", host->complete(host, cancelled->token, AUTH_OK, NULL));
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_cancel, 9, cancel)
FIXTURE("completes_late", AUTH_ANY_THREAD, ENTRIES);
