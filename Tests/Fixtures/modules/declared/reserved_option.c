// Fault: sets the reserved member of an option. Expected: refused, with the member's name and value.
#include "fixture.h"
#undef AUTH_OPTION_ROW_
#define AUTH_OPTION_ROW_(option, type, value, help) {option, type, 7, value, help},
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", AUTH_OPTION_STRING, "", "An option.")
AUTH_MODULE("reserved_option", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
