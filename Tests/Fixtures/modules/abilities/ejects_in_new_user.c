// Good: a login ejects the user's older sessions. Expected: auth_free_user comes when the login's entry has returned.
#include "fixture.h"

// Serial: one call at a time, so only a call from inside a call can see it set.
static int running;
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    running = 1;
    say("ejected %d", host->eject(host, login->user.data, -1, NULL, NULL));
    running = 0;
    return AUTH_OK;
}
static int end(void *instance, const auth_end_t *ended) {
    say("free_user %s of a call", running ? "inside" : "outside");
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9) \
    ENTRY(auth_free_user, 9, end)
FIXTURE("ejects_in_new_user", AUTH_SERIAL, ENTRIES);
