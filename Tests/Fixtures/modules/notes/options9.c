// Good: an option of each type with one form, a version by macro, and texts with a tab and the end of a line.
// Expected: each value arrives in one form, whatever the operator wrote, and note and descriptor agree.
#include "fixture.h"
#define MAJOR "2"
#define RELEASE MAJOR ".1"
static int init(const auth_host_t *table, void **instance) {
    host = table;
    say("%s %s %s %s", host->option(host, "count", 0), host->option(host, "on", 0), host->option(host, "wait", 0),
        host->option(host, "file", 0));
    return AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) \
    OPTION("count", AUTH_OPTION_INTEGER, "+007", "How many.") \
    OPTION("on", AUTH_OPTION_BOOLEAN, "true", "Whether.") \
    OPTION("wait", AUTH_OPTION_DURATION, "5m", "How long.\nOn two lines, the second with a\ttab.") \
    OPTION("file", AUTH_OPTION_PATH, "%r/etc/a\tb", "Where.")
AUTH_MODULE("options9", RELEASE, (9), (AUTH_SERIAL), ENTRIES, OPTIONS);
