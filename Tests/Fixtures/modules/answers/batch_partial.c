// Fault: a batch answers every second row only. Expected: the others are could not decide.
#include "fixture.h"

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i += 2) results[i]->status = AUTH_OK;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("batch_partial", AUTH_ANY_THREAD, ENTRIES);
