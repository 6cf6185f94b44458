// Fault: one entry and version is listed twice. Expected: refused, duplicate-entry.
#include "fixture.h"

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_new_user, 9, user9)
FIXTURE("duplicate_entry", AUTH_SERIAL, ENTRIES);
