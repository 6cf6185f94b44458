// A module of generation 6 as it is built today. Its binary is kept and loaded by every host to come.
#define AUTH_GENERATION 6
#include <authhost/authmodule.h>
#include <string.h>

static const auth_host_t *host;

static int init(const auth_host_t *table) {
    host = table;
    host->log(host, AUTH_LOG_INFO, "gen6 of the museum is here");
    return AUTH_OK;
}

// `late` is completed before the answer that says so.
static int new_user(session_t *session, char *user, char *pass) {
    (void)pass;
    if (strcmp(user, "late") == 0) {
        host->complete(host, host->pending(host, session), AUTH_OK, NULL);
        return AUTH_DELAYED;
    }
    return strcmp(user, "deny") == 0 ? AUTH_DENY : AUTH_OK;
}

static int free_user(session_t *session) {
    (void)session;
    return AUTH_OK;
}

static int map_object(session_t *session, char *name, char *mapped, int *len) {
    (void)session;
    if (strcmp(name, "/m/x") != 0 || *len < (int)sizeof "/mapped/x") return AUTH_FALSE;
    memcpy(mapped, "/mapped/x", sizeof "/mapped/x");
    *len = (int)sizeof "/mapped/x" - 1;
    return AUTH_OK;
}

static int check_read(session_t *session, object_t *obj) {
    (void)session;
    return strncmp(obj->name, "/deny/", 6) == 0 ? AUTH_DENY : AUTH_OK;
}

static int check_write(session_t *session, object_t *obj) {
    (void)session;
    return strncmp(obj->name, "/write/", 7) == 0 ? AUTH_OK : AUTH_DENY;
}

static void leave(void) { host = NULL; }

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 6, init) ENTRY(auth_exit, 6, leave) ENTRY(auth_new_user, 6, new_user) \
    ENTRY(auth_free_user, 6, free_user) ENTRY(auth_map_object, 6, map_object) \
    ENTRY(auth_check_read, 6, check_read) ENTRY(auth_check_write, 6, check_write)
AUTH_MODULE("gen6", "1.0", 6, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
