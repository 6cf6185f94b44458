// Fault: an entry with other parameters than its version has. Expected: refused, wrong-signature.
#include "fixture.h"

#undef AUTH_SIGNATURE_auth_check_read_9
#define AUTH_SIGNATURE_auth_check_read_9 "i(pp)"
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9)
FIXTURE("wrong_signature", AUTH_SERIAL, ENTRIES);
