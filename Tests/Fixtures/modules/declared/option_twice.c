// Fault: an option of the same name as another. Expected: refused, with the name, before any code of it runs.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", AUTH_OPTION_STRING, "1", "One.") OPTION("one", AUTH_OPTION_STRING, "2", "Another.")
AUTH_MODULE("option_twice", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
