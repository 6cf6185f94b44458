// Fault: a default holds a byte that parts the fields of the note. Expected: refused, with the option and both values.
#include "fixture.h"
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", AUTH_OPTION_STRING, "a" "\037" "b", "An option.")
AUTH_MODULE("note_separator", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
