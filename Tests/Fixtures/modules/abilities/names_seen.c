// No fault: allows nothing, and says which names it was shown. Expected: the name as the client asked for it, and the name
// after the configuration's mapping.
#include "fixture.h"

static int tell(const char *requested, const char *name, auth_result_t *result) {
    int length = snprintf(result->scratch, result->scratch_size, "requested %s name %s", requested, name);
    result->reason_log = (auth_string_t){result->scratch, (size_t)length};
    return AUTH_DENY;
}

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return tell(check->requested.data, check->object->name.data, result);
}

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    if (!begins(mapping->requested.data, "/tell/")) return AUTH_FALSE;
    return tell(mapping->requested.data, mapping->name.data, result);
}

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check) ENTRY(auth_check_batch, 9, batch)
FIXTURE("names_seen", AUTH_ANY_THREAD, ENTRIES);
