// Fault: auth_init does not succeed. Expected: refused, init-failed, and its own line says why.
#include "fixture.h"

static int init(const auth_host_t *table, void **instance) { return host = table, say("no disk"), AUTH_ERROR; }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user9)
FIXTURE("init_fails", AUTH_SERIAL, ENTRIES);
