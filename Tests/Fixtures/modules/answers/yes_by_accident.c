// Fault: returns what C functions return where a status is wanted. Expected: could not decide, and the line says why. Who
// is no user of these gets in, so that checks can be asked.
#include "fixture.h"
#include <errno.h>

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->reason_log = AUTH_LITERAL("an accident");
    if (AUTH_EQUAL(login->user, "compares")) return strcmp("secret", "secreu") * -1;
    if (AUTH_EQUAL(login->user, "fails")) return errno = EPERM, errno;
    if (AUTH_EQUAL(login->user, "true")) return login->password.length > 0;
    if (AUTH_EQUAL(login->user, "later")) return answer_later(login->token, 1, 1, "");
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) { return check->user.length > 0; }
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = i % 2 ? 1 : AUTH_OK;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("yes_by_accident", AUTH_ANY_THREAD, ENTRIES);
