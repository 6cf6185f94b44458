// Fault: generation 9 without auth_new_user. Expected: refused, missing-required-entry.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_check_read, 9, check9)
FIXTURE("missing_required_entry", AUTH_SERIAL, ENTRIES);
