// Fault: says that it mapped, without a name. Expected: could not decide, the mapped name is not valid.
#include "fixture.h"

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("mapped_without_name", AUTH_ANY_THREAD, ENTRIES);
