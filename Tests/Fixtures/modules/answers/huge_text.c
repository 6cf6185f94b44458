// Fault: a reason with more bytes than there can be. Expected: nothing of it is read; the login is denied.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->reason_client.data = "no";
    result->reason_client.length = (size_t)-1;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user)
FIXTURE("huge_text", AUTH_ANY_THREAD, ENTRIES);
