// Fault: an entry point that the host does not have. Expected: refused, unknown-entry.
#include "fixture.h"

typedef auth_check_read_9_fn auth_check_mood_9_fn;
#define AUTH_SIGNATURE_auth_check_mood_9 "i(ppp)"
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_mood, 9, check9)
FIXTURE("unknown_entry", AUTH_SERIAL, ENTRIES);
