// No fault: the password says who it is, whatever name was typed: "token-of-bob" is bob's; and it takes everybody back in.
// Expected: the session is bob's, and a program that cannot be told so lets no user in.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    if (!begins(login->password.data, "token-of-")) return AUTH_INVALID_PASS;
    snprintf(result->scratch, 256, "%s", login->password.data + 9);
    result->user = string(result->scratch);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user9) \
    ENTRY(auth_check_read, 9, check9) ENTRY(auth_check_write, 9, check9)
FIXTURE("names_the_user", AUTH_ANY_THREAD | AUTH_NAMES_USER, ENTRIES);
