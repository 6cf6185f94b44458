// Fault: an entry of a version that never was. Expected: refused, unknown-entry-version.
#include "fixture.h"

typedef auth_check_read_9_fn auth_check_read_8_fn;
#define AUTH_SIGNATURE_auth_check_read_8 AUTH_SIGNATURE_auth_check_read_9
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 8, check9)
FIXTURE("unknown_version", AUTH_SERIAL, ENTRIES);
