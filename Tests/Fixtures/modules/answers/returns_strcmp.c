// Fault: answers with what strcmp() gives, which is 0 where the password is right and anything else where it is wrong, and says
// who that was. Expected: no user gets in.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return strcmp(login->password.data, "secret");
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return strcmp(check->object->name.data, "/a");
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check)
FIXTURE("returns_strcmp", AUTH_ANY_THREAD, ENTRIES);
