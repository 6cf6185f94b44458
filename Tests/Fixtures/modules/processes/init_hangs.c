// Fault: auth_init never returns. Expected: refused after auth-init-timeout, init-hung.
#include "fixture.h"

static int init(const auth_host_t *table, void **instance) { return hang(), AUTH_OK; }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user9)
FIXTURE("init_hangs", AUTH_SERIAL, ENTRIES);
