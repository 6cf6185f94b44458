// Fault: the note has another version than the descriptor. Expected: refused, with both values.
#include "fixture.h"
#undef AUTH_IDENTITY_NOTE_
#define AUTH_IDENTITY_NOTE_(module_name, module_version, generation, threads) \
    "\036" "module" "\037" module_name "\036" "version" "\037" "1.0" "\036" "generation" "\037" "9" \
    "\036" "draft" "\037" AUTH_TEXT(AUTH_DRAFT)
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
AUTH_MODULE("note_other_version", "1.1", 9, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
