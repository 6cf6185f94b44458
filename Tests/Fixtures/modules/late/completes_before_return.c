// Good: completes before AUTH_DELAYED is returned. Expected: the answer is kept and applied at the return.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    host->complete(host, login->token, AUTH_OK, result);
    return AUTH_DELAYED;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("completes_before_return", AUTH_ANY_THREAD, ENTRIES);
