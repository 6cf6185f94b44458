// Good, with options: it is refused while `must` is not set, missing-option. Logs their values.
#include "fixture.h"

static int init(const auth_host_t *table, void **instance) {
    host = table;
    say("count %s, must %s", host->option(host, "count", 0), host->option(host, "must", 0));
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) \
    OPTION("count", AUTH_OPTION_INTEGER, "1", "How many.") \
    OPTION("must", AUTH_OPTION_STRING, AUTH_REQUIRED, "What must be said.")
AUTH_MODULE("one_option", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
