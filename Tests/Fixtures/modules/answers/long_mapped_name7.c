// Fault: says that the mapped name is longer than the buffer. Expected: could not decide, nothing behind it is read.
#define AUTH_GENERATION 7
#include "fixture.h"

static int map(session_t *session, char *requested, char *name, char *mapped, int *length) {
    memcpy(mapped, "/b", 3);
    *length = 100000;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 7, init7) ENTRY(auth_new_user, 7, user7) ENTRY(auth_map_object, 7, map) \
    ENTRY(auth_check_read, 7, read7)
FIXTURE7("long_mapped_name7", ENTRIES);
