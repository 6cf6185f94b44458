// Fault: the note has another default than the descriptor. Expected: refused, with the option and both values.
#include "fixture.h"
#undef AUTH_OPTION_NOTE_
#define AUTH_OPTION_NOTE_(option, type, value, help) "\036" "option" "\037" option "\037" "1" "\037" "1" "\037" help
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", AUTH_OPTION_STRING, "2", "An option.")
AUTH_MODULE("note_other_default", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
