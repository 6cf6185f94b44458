// Fault: maps to a name of 5,000 bytes. Expected: could not decide, the mapped name is not valid.
#include "fixture.h"

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    memset(result->scratch, 'a', 5000);
    result->scratch[0] = '/';
    result->mapped = (auth_string_t){result->scratch, 5000};
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("long_mapped_name", AUTH_ANY_THREAD, ENTRIES);
