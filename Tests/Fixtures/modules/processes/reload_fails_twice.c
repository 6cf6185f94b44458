// Fault: cannot re-read its configuration twice, and can then.
// Expected: it is asked again until it has, and the host is not ready meanwhile once that takes too long.
#include "fixture.h"

static int tries;

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    (void)instance;
    (void)login;
    (void)result;
    return AUTH_OK;
}

static int reload(void *instance, const auth_reload_t *reload) {
    (void)instance;
    return ++tries <= 2 ? AUTH_ERROR : AUTH_OK;
}

#define ENTRIES(E) E(auth_init, 9, init9) E(auth_new_user, 9, new_user) E(auth_reload, 9, reload)
FIXTURE("reload_fails_twice", AUTH_ANY_THREAD, ENTRIES);
