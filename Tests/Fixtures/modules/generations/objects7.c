// Generation 7, says everything it is told of objects. Reads below /wait want content; updates with a secret are refused.
#define AUTH_GENERATION 7
#include "fixture.h"

static int new_object(object_t *object, object_t *parent) {
    say("new %s in %s, type %d", object->name, parent ? parent->name : "nothing", object->type);
    return AUTH_OK;
}
static int free_object(object_t *object) { return say("free %s", object->name), AUTH_OK; }
static int request(session_t *session, object_t *object) { return say("request %s", object->name), AUTH_OK; }
static int discard(session_t *session, object_t *object) { return say("discard %s", object->name), AUTH_OK; }
static int check_read(session_t *session, object_t *object, char *requested) {
    char value[32] = "";
    host->object_get_value(host, object, "Desk", value, sizeof value);
    say("read %s, type %d, Desk <%s>", object->name, object->type, value);
    return begins(object->name, "/wait") && object->type == AUTH_OBJECT_UNKNOWN ? AUTH_AGAIN : AUTH_OK;
}
static int check_write(session_t *session, object_t *object, char *requested) {
    return say("write %s", object->name), AUTH_OK;
}
static int update(session_t *session, object_t *object, char *data) {
    say("update %s: %s", object->name, data);
    return strstr(data, "secret") ? AUTH_DENY : AUTH_OK;
}
static void permission(object_t *object, char *key, int count, auth_map_t *values, auth_perm_operation_t operation) {
    say("permission %s %s: %d values, first %s, operation %d", object->name, key ? key : "all", count,
        count ? values[0].value : "none", (int)operation);
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 7, init7) ENTRY(auth_new_user, 7, user7) ENTRY(auth_new_object, 7, new_object) \
    ENTRY(auth_free_object, 7, free_object) ENTRY(auth_request_object, 7, request) \
    ENTRY(auth_discard_object, 7, discard) ENTRY(auth_check_read, 7, check_read) \
    ENTRY(auth_check_write, 7, check_write) ENTRY(auth_check_update, 7, update) \
    ENTRY(auth_global_permission_update, 7, permission)
FIXTURE7("objects7", ENTRIES);
