// No fault: a user's password is a token that the host checks with the key `k`; the user `mallory` has a key that no user
// configured. Expected: the host's answer is the module's, and its reason stands in the log.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    const char *key = is(login->user, "mallory") ? "unknown" : "k";
    int status = host->signature_check(host, key, login->password.data, login->user.data, result->scratch, 64);
    result->reason_log = string(result->scratch);
    return status == AUTH_DENY ? AUTH_INVALID_PASS : status;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("signed_tokens", AUTH_BLOCKING, ENTRIES);
