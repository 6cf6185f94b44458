// Fault: says of its answer to a log-in what is not so, as the user's name says. Expected: denied, and told with what was said.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    static auth_pair_t pair = {sizeof pair, 0, AUTH_STATIC_LITERAL("n"), AUTH_STATIC_LITERAL("v")};
    static const auth_pair_t *const pairs[] = {&pair};
    static char name[300];
    memset(name, 'a', sizeof name);
    names(login, result);
    if (is(login->user, "long")) result->user = (auth_string_t){name, sizeof name};
    if (is(login->user, "cut")) result->user = (auth_string_t){memcpy(name + 254, "\303\251", 2) ? name : NULL, 256};
    if (is(login->user, "nobody")) result->user = (auth_string_t){NULL, 8};
    if (is(login->user, "reason")) result->reason_log = (auth_string_t){NULL, 9};
    if (is(login->user, "negative")) pair.value = (auth_string_t){"v", (size_t)-5};
    if (is(login->user, "nothing")) pair.value = (auth_string_t){NULL, 3};
    if (is(login->user, "negative") || is(login->user, "nothing")) result->attributes = pairs, result->attribute_count = 1;
    if (is(login->user, "completes")) return host->complete(host, login->token, AUTH_OK, result), AUTH_NO_ENTRY;
    if (is(login->user, "reserved")) return result->reserved = 1, AUTH_NO_ENTRY;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("misstates", AUTH_ANY_THREAD, ENTRIES);
