// Fault: two notes, which differ. Expected: refused, and told.
#include "fixture.h"
AUTH_NOTE_OF_TYPE_(another_note, AUTH_NOTE_TYPE, "\036" "module" "\037" "other" "\036" "version" "\037" "2.0")
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9)
FIXTURE("notes_differ", AUTH_SERIAL, ENTRIES);
