// Fault: an explanation longer than what is kept, with a control character. Expected: cut after 65,536 bytes and escaped.
#include "fixture.h"

static int explain(void *instance, const auth_check_t *check, auth_result_t *result) {
    static char text[100000];
    memset(text, 'x', sizeof text);
    memcpy(text, "first\033\nsecond\r\n", 15);
    result->explanation = (auth_string_t){text, sizeof text};
    return AUTH_DENY;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9) \
    ENTRY(auth_explain, 9, explain)
FIXTURE("explains_too_much", AUTH_ANY_THREAD, ENTRIES);
