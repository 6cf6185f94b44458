// Fault: auth_free_user never returns. Expected: the module is marked hung, with a line that names the entry, though no question
// is in it.
#include "fixture.h"

static int leave(void *instance, const auth_end_t *ended) {
    say("hanging");
    hang();
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_free_user, 9, leave) \
    ENTRY(auth_check_read, 9, check9)
FIXTURE("free_hangs", AUTH_SERIAL, ENTRIES);
