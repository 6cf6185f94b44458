// Fault: a reason of 100,000 bytes with control characters. Expected: cut to 1,024 bytes and escaped in the log.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    static __thread char reason[100000];
    for (size_t i = 0; i < sizeof reason; i++) reason[i] = (char)(i % 40 < 32 ? i % 32 : 65);
    result->reason_log = (auth_string_t){reason, sizeof reason};
    return AUTH_DENY;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("long_reason", AUTH_ANY_THREAD, ENTRIES);
