// Fault: the help of an option is no UTF-8. Expected: refused, with the name of the option; its note cannot be read.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", AUTH_OPTION_STRING, "1", "\xff.")
AUTH_MODULE("option_bytes", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
