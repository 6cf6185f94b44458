// Fault: the note has another thread for an entry than the descriptor. Expected: refused, with the entry and both values.
#include "fixture.h"
#undef AUTH_ENTRY_NOTE_
#define AUTH_ENTRY_NOTE_(entry, version, fn) AUTH_ENTRY_NOTE_OF_##fn
#define AUTH_ENTRY_NOTE_OF_init9 AUTH_ENTRY_NOTE_4_(auth_init, 9, init9, 0, ~)
#define AUTH_ENTRY_NOTE_OF_user9 AUTH_ENTRY_NOTE_4_(auth_new_user, 9, user9, AUTH_BLOCKING, ~)
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("note_other_threads", AUTH_ANY_THREAD, ENTRIES);
