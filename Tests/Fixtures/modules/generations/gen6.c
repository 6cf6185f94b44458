// Good: every entry of generation 6. Expected: logs what it is told; maps /m/..., denies /deny/...
#define AUTH_GENERATION 6
#include "fixture.h"

static int can(const char *what, object_t *o) {
    return say("%s %s", what, o->name), begins(o->name, "/deny/") ? AUTH_DENY : AUTH_OK;
}
static void leave(void) { say("exit"); }
static int user(session_t *s, char *user, char *pass) { return say("new_user %s", user), AUTH_OK; }
static int end(session_t *s) { return say("free_user"), AUTH_OK; }
static int map(session_t *s, char *name, char *mapped, int *length) {
    say("map_object %s", name);
    if (!begins(name, "/m/")) return AUTH_FALSE;
    *length = snprintf(mapped, (size_t)*length, "/mapped/%s", name + 3);
    return AUTH_OK;
}
static int born(object_t *o, object_t *parent) { return can("new_object", o); }
static int gone(object_t *o) { return can("free_object", o); }
static int request(session_t *s, object_t *o) { return can("request_object", o); }
static int discard(session_t *s, object_t *o) { return can("discard_object", o); }
static int reads(session_t *s, object_t *o) { return can("check_read", o); }
static int writes(session_t *s, object_t *o) { return can("check_write", o); }
static int fields(session_t *s, object_t *o, int count, string_pair_t *pairs, char *id) {
    for (int i = 0; i < count; i++) say("field %s=%s", pairs[i].name, pairs[i].value);
    return say("contribution %s", id ? id : "none"), can("check_write_extended", o);
}
static int update(session_t *s, object_t *o, char *data) { return can("check_update", o); }
static void permission(object_t *o, char *key, int count, auth_map_t *values, auth_perm_operation_t operation) {
    say("permission %s %s, %d values, operation %d", o->name, key, count, (int)operation);
}
static int http(char *user, char *pass, http_method_t method, char *path) {
    return say("http_request %s %d %s", user, (int)method, path), AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 6, init7) ENTRY(auth_exit, 6, leave) ENTRY(auth_new_user, 6, user) \
    ENTRY(auth_free_user, 6, end) ENTRY(auth_map_object, 6, map) ENTRY(auth_new_object, 6, born) \
    ENTRY(auth_free_object, 6, gone) ENTRY(auth_request_object, 6, request) ENTRY(auth_discard_object, 6, discard) \
    ENTRY(auth_check_read, 6, reads) ENTRY(auth_check_write, 6, writes) ENTRY(auth_check_write_extended, 6, fields) \
    ENTRY(auth_check_update, 6, update) ENTRY(auth_global_permission_update, 6, permission) \
    ENTRY(auth_http_request, 6, http)
AUTH_MODULE("gen6", "1.0", 6, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
