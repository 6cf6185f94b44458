// Fault: every mapping is delayed for ever. Expected: denied at the deadline.
#include "fixture.h"

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) { return AUTH_DELAYED; }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("maps_never", AUTH_ANY_THREAD, ENTRIES);
