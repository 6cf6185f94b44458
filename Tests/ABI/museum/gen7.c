// A module of generation 7 as it is built today. Its binary is kept and loaded by every host to come.
#define AUTH_GENERATION 7
#include <authhost/authmodule.h>
#include <string.h>

static const auth_host_t *host;

static int init(const auth_host_t *table) {
    host = table;
    host->log(host, AUTH_LOG_INFO, "gen7 of the museum is here");
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

static int map_object(session_t *session, char *requested, char *name, char *mapped, int *len) {
    (void)session;
    (void)requested;
    if (strcmp(name, "/m/x") != 0 || *len < (int)sizeof "/mapped/x") return AUTH_FALSE;
    memcpy(mapped, "/mapped/x", sizeof "/mapped/x");
    *len = (int)sizeof "/mapped/x" - 1;
    return AUTH_OK;
}

static int check_read(session_t *session, object_t *obj, char *requested) {
    (void)session;
    (void)requested;
    return strncmp(obj->name, "/deny/", 6) == 0 ? AUTH_DENY : AUTH_OK;
}

static int check_write(session_t *session, object_t *obj, char *requested) {
    (void)session;
    (void)requested;
    return strncmp(obj->name, "/write/", 7) == 0 ? AUTH_OK : AUTH_DENY;
}

static void leave(void) { host = NULL; }

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 7, init) ENTRY(auth_exit, 7, leave) ENTRY(auth_new_user, 7, new_user) \
    ENTRY(auth_free_user, 7, free_user) ENTRY(auth_map_object, 7, map_object) \
    ENTRY(auth_check_read, 7, check_read) ENTRY(auth_check_write, 7, check_write)
AUTH_MODULE("gen7", "1.0", 7, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
