// Fault: a session ends at whatever time its user is called, such as one in milliseconds. Expected: before 2000 or after 9999 the
// answer is broken, at once and later.
#include "fixture.h"

static void *late(void *token) {
    auth_result_t result = {.size = sizeof result, .expiry = 1800000000000};
    say("complete returned %d", host->complete(host, *(auth_token_t *)token, AUTH_OK, &result));
    free(token);
    return NULL;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    if (is(login->user, "later")) {
        auth_token_t *token = malloc(sizeof *token);
        if (token) *token = login->token;
        return detach(late, token);
    }
    result->expiry = strtoll(login->user.data, NULL, 10);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("absurd_expiry", AUTH_ANY_THREAD, ENTRIES);
