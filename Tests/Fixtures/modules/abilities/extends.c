// Good: looks for abilities of the host, and has one of its own. Expected: the host says who it is, knows no other, and the module's
// own is in the event log.
#include "fixture.h"

static const auth_about_t mine = {sizeof mine, 0, {"a directory client", 18}, {"2.6", 3}};
static const void *find(void *instance, const char *id) {
    return strcmp(id, AUTH_EXTENSION_ABOUT) == 0 ? &mine : NULL;
}
static int init(const auth_host_t *table, void **instance) {
    host = table;
    if (!AUTH_HOST_HAS(host, get_extension)) return AUTH_ERROR;
    const auth_about_t *about = host->get_extension(host, AUTH_EXTENSION_ABOUT);
    say("host %s, later %s", about && about->size >= sizeof *about ? about->name.data : "none",
        host->get_extension(host, "authhost.about/2") || host->get_extension(host, NULL) ? "there" : "none");
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user9) ENTRY(auth_get_extension, 9, find)
FIXTURE("extends", AUTH_ANY_THREAD, ENTRIES);
