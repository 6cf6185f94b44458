// Fault: both names of the write check. Expected: refused, both-write-spellings.
#include "fixture.h"

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) \
    ENTRY(auth_check_write, 9, check9) ENTRY(checkWrite, 9, check9)
FIXTURE("both_write_spellings", AUTH_SERIAL, ENTRIES);
