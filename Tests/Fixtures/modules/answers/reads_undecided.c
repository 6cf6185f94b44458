// Fault: decides no reads, and does not declare that they are open. Expected: every read is denied.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("reads_undecided", AUTH_ANY_THREAD, ENTRIES);
