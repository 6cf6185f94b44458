// Good: declares that reads are open, and that a log-in may become another user: `alias` is `canonical`, `empty` names no user.
// Expected: reads are allowed, and the session is the other user's.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    if (is(login->user, "alias")) result->user = AUTH_LITERAL("canonical");
    if (is(login->user, "control")) result->user = AUTH_LITERAL("a\nb");
    result->session_data = 0x1122334455667788u;
    return AUTH_OK;
}
static int end(void *instance, const auth_end_t *ended) {
    char id[64] = "", address[64] = "";
    host->session_attribute(host, ended->session, AUTH_SESSION_ID, id, sizeof id);
    host->session_attribute(host, ended->session, AUTH_SESSION_ADDRESS, address, sizeof address);
    say("end of %s at <%s> with id %s, data %llx", ended->user.data, address, id, (unsigned long long)ended->session_data);
    return AUTH_OK;
}
static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    say("map for %s, data %llx", mapping->user.data, (unsigned long long)mapping->session_data);
    return AUTH_FALSE;
}
static int write_(void *instance, const auth_check_t *check, auth_result_t *result) {
    say("write for %s, data %llx", check->user.data, (unsigned long long)check->session_data);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_free_user, 9, end) \
    ENTRY(auth_map_object, 9, map) ENTRY(auth_check_write, 9, write_)
FIXTURE("reads_open", AUTH_ANY_THREAD | AUTH_OPEN_READS | AUTH_NAMES_USER, ENTRIES);
