// Fault: the type of an option is no number that the preprocessor can spell. Expected: refused, with what stands there.
#include "fixture.h"
enum { some_type = AUTH_OPTION_STRING };
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("one", some_type, "", "An option.")
AUTH_MODULE("note_number", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
