// Fault: its constructor ends the process as if all were well. Expected: refused, damaged-module; the host lives.
#include "fixture.h"

__attribute__((constructor)) static void leave(void) { exit(0); }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("exits_in_constructor", AUTH_SERIAL, ENTRIES);
