// Fault: declares what has no meaning. Expected: refused, with the bit.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("unknown_flag", AUTH_ANY_THREAD | 0x800u, ENTRIES);
