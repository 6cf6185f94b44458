// Good: takes batches, and maps /never/* never. Expected: a batch with such a name is asked one by one, and its mapping is cancelled.
#include "fixture.h"

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    if (begins(mapping->name.data, "/bad/")) return result->mapped = string("no path"), AUTH_OK;
    if (!begins(mapping->name.data, "/never/")) return AUTH_FALSE;
    return say("mapping is open"), AUTH_DELAYED;
}
static void cancel(void *instance, const auth_cancel_t *question) { say("mapping is cancelled"); }
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    say("batch of %zu", count);
    for (size_t i = 0; i < count; i++) results[i]->status = AUTH_OK;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_cancel, 9, cancel) ENTRY(auth_check_read, 9, check9) ENTRY(auth_check_batch, 9, batch)
FIXTURE("batch_delays_mapping", AUTH_ANY_THREAD, ENTRIES);
