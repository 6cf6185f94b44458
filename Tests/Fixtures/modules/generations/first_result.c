// No fault: completes with a result record as long as the first one that was released, before it grew. Expected: it is
// read, and what it does not have counts as not given.
#include "fixture.h"

typedef struct { uint32_t size; int32_t status; auth_string_t reason_log, reason_client, user, mapped; int64_t expiry;
                 uint32_t session_limit, scratch_size; char *scratch; } first_result_t;

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    first_result_t first = {.size = sizeof first, .user = login->user, .session_limit = 3};
    say("complete returned %d", host->complete(host, login->token, AUTH_OK, (const auth_result_t *)&first));
    return AUTH_DELAYED;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("first_result", AUTH_ANY_THREAD, ENTRIES);
