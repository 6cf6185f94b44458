// Fault: reads the user name of the last login during the next one. Expected: harmless, no secret is left there.
#define AUTH_GENERATION 7
#include "fixture.h"

static char *kept;
static volatile size_t length;
static int user(session_t *session, char *user, char *pass) {
    if (kept) length = strnlen(kept, 256);
    kept = user;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 7, init7) ENTRY(auth_new_user, 7, user) ENTRY(auth_check_read, 7, read7)
FIXTURE7("keeps_a_pointer", ENTRIES);
