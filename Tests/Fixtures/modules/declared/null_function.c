// Fault: an entry without a function. Expected: refused, null-entry-function.
#include "fixture.h"

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, NULL)
AUTH_MODULE_DATA_("null_function", "1.0", 9, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
