// Fault: its constructor does not return. Expected: refused, damaged-module, when the time for it is over.
#include "fixture.h"

__attribute__((constructor)) static void stay(void) { hang(); }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("hangs_in_constructor", AUTH_SERIAL, ENTRIES);
