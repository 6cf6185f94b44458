// Fault: its constructor dies, as the one of a file with a damaged byte does. Expected: refused, damaged-module; the host lives.
#include "fixture.h"

__attribute__((constructor)) static void crash(void) { abort(); }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("crashes_in_constructor", AUTH_SERIAL, ENTRIES);
