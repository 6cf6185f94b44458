// Fault: a version that ends a line and hides what follows on a terminal. Expected: refused, and shown escaped.
#include "fixture.h"

#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
AUTH_MODULE("version_hides", "1.0\n\x1b[8m", 9, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
