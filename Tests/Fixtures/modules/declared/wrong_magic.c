// Fault: the descriptor starts with another number. Expected: refused, wrong-magic.
#include "fixture.h"

#undef AUTH_MAGIC
#define AUTH_MAGIC 0x12345678u
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("wrong_magic", AUTH_SERIAL, ENTRIES);
