// Fault: a name with a capital letter and a space. Expected: refused, with the name.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("Bad Name", AUTH_SERIAL, ENTRIES);
