// No fault: fills the scratch of every row of a batch with a reason of its own. Expected: each row keeps its reason.
#include "fixture.h"

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) {
        memset(results[i]->scratch, 'a' + (int)(i % 26), results[i]->scratch_size);
        int length = snprintf(results[i]->scratch, results[i]->scratch_size, "row %d of %s lends %s%d", (int)i,
                              checks[i]->object->name.data, results[i]->scratch_size >= 2048 ? "enough, wants " : "too little ",
                              (int)(checks[i]->flags & AUTH_CHECK_REASON));
        results[i]->scratch[length] = '.';
        results[i]->reason_log = (auth_string_t){results[i]->scratch, (size_t)length};
        results[i]->status = i % 2 ? AUTH_DENY : AUTH_OK;
    }
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("batch_reasons", AUTH_ANY_THREAD, ENTRIES);
