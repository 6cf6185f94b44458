// Fault: a generation that does not exist yet. Expected: refused, unknown-generation.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
AUTH_MODULE("unknown_generation", "1.0", 12, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
