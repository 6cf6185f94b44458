// Fault: the note lists one entry less than the descriptor. Expected: refused, note-differs.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9)
#undef AUTH_ENTRY_NOTE_
#define AUTH_ENTRY_NOTE_(entry, version, fn) AUTH_ENTRY_NOTE_OF_##fn
#define AUTH_ENTRY_NOTE_OF_init9 "\036" "entry" "\037" "auth_init" "\037" "9" "\037" AUTH_SIGNATURE_auth_init_9 "\037" "0"
#define AUTH_ENTRY_NOTE_OF_user9 "\036" "entry" "\037" "auth_new_user" "\037" "9" "\037" AUTH_SIGNATURE_auth_new_user_9 "\037" "0"
#define AUTH_ENTRY_NOTE_OF_check9
FIXTURE("note_differs", AUTH_SERIAL, ENTRIES);
