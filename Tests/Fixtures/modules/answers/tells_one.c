// Fault: returns 1, the AUTH_OK of generation 7, for the end of a session, a reload, a create and checks of a batch.
// Expected: each is told with its entry point and the number as it was returned; nothing is allowed.
#include "fixture.h"

static int end(void *instance, const auth_end_t *session) { return 1; }
static int again(void *instance, const auth_reload_t *reload) { return 1; }
static int create(void *instance, const auth_check_t *check, auth_result_t *result) { return 99; }
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) { return 1; }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_free_user, 9, end) ENTRY(auth_reload, 9, again) \
    ENTRY(auth_check_write, 9, check9) ENTRY(auth_check_create, 9, create) ENTRY(auth_check_read, 9, check9) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("tells_one", AUTH_ANY_THREAD, ENTRIES);
