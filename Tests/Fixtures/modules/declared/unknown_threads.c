// Fault: declares a kind of threads that there is not. Expected: refused, with the number.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("unknown_threads", 3u, ENTRIES);
