// A bare module of generation 7 as it is built today. Its binary is kept and loaded by every host to come.
#define AUTH_GENERATION 7
#include <authhost/authmodule.h>
#include <string.h>

AUTH_EXPORT auth_init_7_fn auth_init;
AUTH_EXPORT auth_new_user_7_fn auth_new_user;
AUTH_EXPORT auth_free_user_7_fn auth_free_user;
AUTH_EXPORT auth_map_object_7_fn auth_map_object;
AUTH_EXPORT auth_check_read_7_fn auth_check_read;
AUTH_EXPORT checkWrite_7_fn checkWrite;

static const auth_host_t *host;

int auth_init(const auth_host_t *table) {
    host = table;
    host->log(host, AUTH_LOG_INFO, "bare7 of the museum is here");
    return AUTH_OK;
}

// `late` is completed before the answer that says so.
int auth_new_user(session_t *session, char *user, char *pass) {
    (void)pass;
    if (strcmp(user, "late") == 0) {
        host->complete(host, host->pending(host, session), AUTH_OK, NULL);
        return AUTH_DELAYED;
    }
    return strcmp(user, "deny") == 0 ? AUTH_DENY : AUTH_OK;
}

int auth_free_user(session_t *session) {
    (void)session;
    return AUTH_OK;
}

int auth_map_object(session_t *session, char *requested, char *name, char *mapped, int *len) {
    (void)session;
    (void)requested;
    if (strcmp(name, "/m/x") != 0 || *len < (int)sizeof "/mapped/x") return AUTH_FALSE;
    memcpy(mapped, "/mapped/x", sizeof "/mapped/x");
    *len = (int)sizeof "/mapped/x" - 1;
    return AUTH_OK;
}

int auth_check_read(session_t *session, object_t *obj, char *requested) {
    (void)session;
    (void)requested;
    return strncmp(obj->name, "/deny/", 6) == 0 ? AUTH_DENY : AUTH_OK;
}

int checkWrite(session_t *session, object_t *obj, char *requested) {
    (void)session;
    (void)requested;
    return strncmp(obj->name, "/write/", 7) == 0 ? AUTH_OK : AUTH_DENY;
}
