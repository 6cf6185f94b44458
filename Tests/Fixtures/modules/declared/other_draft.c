// Fault: built for another revision of the draft. Expected: refused, other-draft-revision.
#include "fixture.h"

#undef AUTH_DRAFT
#define AUTH_DRAFT 4711
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("other_draft", AUTH_SERIAL, ENTRIES);
