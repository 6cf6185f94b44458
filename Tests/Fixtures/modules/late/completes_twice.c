// Fault: completes one login twice, from a thread. Expected: the first answer counts, the second is dropped and logged.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return answer_later(login->token, AUTH_OK, 2, "");
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("completes_twice", AUTH_ANY_THREAD, ENTRIES);
