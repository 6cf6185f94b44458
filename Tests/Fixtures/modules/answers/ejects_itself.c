// Fault: auth_new_user ejects the session that it is asked about, and then allows it, at once or later. Expected: the client is
// told so, and the module is told of the end once; of one that it denied, never.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    say("eject_session returned %d", host->eject_session(host, login->session));
    if (is(login->user, "denied")) return AUTH_DENY;
    return is(login->user, "later") ? answer_later(login->token, AUTH_OK, 1, "") : AUTH_OK;
}
static int leave(void *instance, const auth_end_t *ended) {
    say("free_user for reason %u", (unsigned)ended->reason);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_free_user, 9, leave) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("ejects_itself", AUTH_SERIAL, ENTRIES);
