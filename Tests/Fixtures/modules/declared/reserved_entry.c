// Fault: sets the reserved member of its entries. Expected: refused, with the member's name and value.
// With SECOND it is the other reserved member.
#include "fixture.h"
#ifdef SECOND
#define RESERVED 0
#define RESERVED2 7
#else
#define RESERVED 7
#define RESERVED2 0
#endif
#undef AUTH_ENTRY_ROW_
#define AUTH_ENTRY_ROW_(entry, version, fn) \
    {#entry, version, RESERVED, AUTH_SIGNATURE_##entry##_##version, (auth_function_t)(fn), 0, RESERVED2},
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("reserved_entry", AUTH_ANY_THREAD, ENTRIES);
