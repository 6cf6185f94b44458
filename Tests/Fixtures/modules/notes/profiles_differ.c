// Fault: two profiles, which differ. Expected: refused, and told.
#include "fixture.h"
AUTH_PROFILE("none");
AUTH_NOTE_OF_TYPE_(another_profile, AUTH_PROFILE_TYPE, "pure")
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check9)
FIXTURE("profiles_differ", AUTH_SERIAL, ENTRIES);
