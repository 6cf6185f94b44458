// Fault: completes a check when its session ends. Expected: AUTH_COMPLETE_LATE; the check is denied.
#include "fixture.h"

// Serial: one call at a time, so the token needs no lock.
static auth_token_t token;
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return token = check->token, AUTH_DELAYED;
}
static int end(void *instance, const auth_end_t *ended) {
    if (token) say("complete returned %d", host->complete(host, token, AUTH_OK, NULL));
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_free_user, 9, end)
FIXTURE("completes_after_logout", AUTH_SERIAL, ENTRIES);
