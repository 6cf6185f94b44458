// No fault: built for a later revision, whose result record has more members, and fills them. Expected: the host reads
// those that it knows, and nothing beside its memory is written.
#include "fixture.h"

typedef struct later_result {
    auth_result_t known;
    char more[512 - sizeof(auth_result_t)];
} later_result_t;

static int zeroed(const later_result_t *result) {
    for (size_t i = 0; i < sizeof result->more; i++)
        if (result->more[i]) return 0;
    return 1;
}

static int fill(auth_result_t *result, int status) {
    later_result_t *longer = (later_result_t *)result;
    result->reason_log = zeroed(longer) ? AUTH_LITERAL("zeroed") : AUTH_LITERAL("dirty");
    memset(longer->more, 'x', sizeof longer->more);
    return status;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) { return fill(result, AUTH_OK); }
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = fill(results[i], i % 2 ? AUTH_DENY : AUTH_OK);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("grown_result", AUTH_ANY_THREAD, ENTRIES);
