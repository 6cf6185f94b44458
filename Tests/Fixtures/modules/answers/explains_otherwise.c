// Fault: the explanation allows what the check denies; below /empty it says nothing. Expected: the check counts, and is told.
#include "fixture.h"

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return begins(check->object->name.data, "/deny/") ? AUTH_DENY : AUTH_OK;
}
static int explain(void *instance, const auth_check_t *check, auth_result_t *result) {
    if (!begins(check->object->name.data, "/empty/")) result->explanation = AUTH_LITERAL("all is open\nallow: granted\n");
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_resume_user, 9, user9) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check) ENTRY(auth_explain, 9, explain)
FIXTURE("explains_otherwise", AUTH_ANY_THREAD, ENTRIES);
