// Fault: a descriptor without its note. Expected: refused, note-missing.
#include "fixture.h"

#undef AUTH_NOTE_
#define AUTH_NOTE_(text)
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("note_missing", AUTH_SERIAL, ENTRIES);
