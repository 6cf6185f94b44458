// Good: the bare functions of generation 7 without a descriptor. Expected: loaded where bare modules are allowed.
#define AUTH_GENERATION 7
#include "fixture.h"

AUTH_EXPORT auth_new_user_7_fn auth_new_user;
AUTH_EXPORT auth_free_user_7_fn auth_free_user;
AUTH_EXPORT auth_map_object_7_fn auth_map_object;
AUTH_EXPORT auth_check_read_7_fn auth_check_read;
AUTH_EXPORT checkWrite_7_fn checkWrite;

int auth_new_user(session_t *session, char *user, char *pass) {
    return strcmp(user, "deny") == 0 ? AUTH_DENY : strcmp(user, "delay") == 0 ? AUTH_DELAYED : AUTH_OK;
}
int auth_free_user(session_t *session) { return AUTH_OK; }
int auth_map_object(session_t *session, char *requested, char *name, char *mapped, int *length) {
    if (!begins(name, "/m/")) return AUTH_FALSE;
    *length = snprintf(mapped, (size_t)*length, "/mapped/%s", name + 3);
    return AUTH_OK;
}
int auth_check_read(session_t *session, object_t *object, char *requested) {
    return begins(object->name, "/deny/") ? AUTH_DENY : AUTH_OK;
}
int checkWrite(session_t *session, object_t *object, char *requested) {
    return begins(object->name, "/write/") ? AUTH_OK : AUTH_DENY;
}
