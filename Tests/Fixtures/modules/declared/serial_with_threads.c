// Fault: a serial module with an entry that runs anywhere. Expected: refused, with the entry and what would be accepted.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9, AUTH_ANY_THREAD)
FIXTURE("serial_with_threads", AUTH_SERIAL, ENTRIES);
