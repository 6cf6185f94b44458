// Reads are decided by the object's field Desk: FX is allowed, anything else denied, and without content it is asked again.
#include "fixture.h"

static int read_by_desk(void *instance, const auth_check_t *check, auth_result_t *result) {
    char desk[16];
    int64_t length = host->object_get_value(host, check->object, "Desk", desk, sizeof desk);
    say("asked about %s: type %d, Desk of %d bytes, %d fields", check->object->name.data, check->object->type, (int)length,
        (int)check->field_count);
    if (check->object->type == AUTH_OBJECT_UNKNOWN) return AUTH_AGAIN;
    return length == 2 && strcmp(desk, "FX") == 0 ? AUTH_OK : AUTH_DENY;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, read_by_desk) \
    ENTRY(auth_check_write, 9, check9)
FIXTURE("content9", AUTH_ANY_THREAD, ENTRIES);
