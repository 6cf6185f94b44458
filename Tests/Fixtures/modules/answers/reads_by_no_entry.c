// Fault: declares that reads are open, and exports an entry for them that says that it is missing. Expected: nothing is open by that.
#include "fixture.h"

static int none(void *instance, const auth_check_t *check, auth_result_t *result) { return AUTH_NO_ENTRY; }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, none)
FIXTURE("reads_by_no_entry", AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES);
