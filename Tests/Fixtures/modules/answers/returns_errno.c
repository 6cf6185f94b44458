// Fault: answers with errno, of which 1 is EPERM, 2 ENOENT and 4 EINTR. The user's name is the number. Expected: no user gets in.
#include "fixture.h"

#include <errno.h>

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    errno = atoi(login->user.data);
    return errno;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    errno = atoi(check->object->name.data + 1);
    return errno;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check)
FIXTURE("returns_errno", AUTH_ANY_THREAD, ENTRIES);
