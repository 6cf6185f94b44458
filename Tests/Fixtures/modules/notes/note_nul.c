// Fault: the help of an option holds a NUL, where C would end it. Expected: refused, with the option and the field.
#include "fixture.h"
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", AUTH_OPTION_STRING, "1", "What is read" "\0" "and what is not.")
AUTH_MODULE("note_nul", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
