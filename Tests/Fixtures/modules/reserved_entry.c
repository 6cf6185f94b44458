// Fault: sets the reserved member of its entries. Expected: refused, with the member's name and value.
#include "fixture.h"
#undef AUTH_ENTRY_ROW_
#define AUTH_ENTRY_ROW_(entry, version, fn) \
    {#entry, version, 7, AUTH_SIGNATURE_##entry##_##version, (auth_function_t)(fn), 0, 0},
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("reserved_entry", AUTH_ANY_THREAD, ENTRIES);
