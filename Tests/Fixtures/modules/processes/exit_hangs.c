// Fault: auth_exit never returns. Expected: the host stops all the same and says so.
#include "fixture.h"

static void leave(void *instance) { hang(); }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_exit, 9, leave)
FIXTURE("exit_hangs", AUTH_SERIAL, ENTRIES);
