// Fault: declares a default that is no value of the option's type. Expected: refused, with the option and its default.
#include "fixture.h"
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("count", AUTH_OPTION_INTEGER, "many", "How many.")
AUTH_MODULE("bad_default", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
