// Fault: lets a user in and does not say which one, at once or later. Expected: could not decide, and the line says what is missing.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    asked_user[0] = 0;
    return is(login->user, "later") ? answer_later(login->token, AUTH_OK, 1, "") : AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("says_no_user", AUTH_ANY_THREAD, ENTRIES);
