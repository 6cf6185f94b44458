// No fault: a name is mapped to the value of the attribute trace-parent. Expected: the module is told it of a mapping and of a check.
#include "fixture.h"

static char name[64] = "/";
static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    if (!AUTH_HAS(mapping, attribute_count)) return AUTH_ERROR;
    for (size_t i = 0; i < mapping->attribute_count; i++) {
        const auth_pair_t *pair = mapping->attributes[i];
        if (!is(pair->name, "trace-parent") || pair->value.length > 60) continue;
        for (size_t at = 0; at < pair->value.length; at++) name[1 + at] = pair->value.data[at];
        result->mapped = (auth_string_t){name, 1 + pair->value.length};
        return AUTH_OK;
    }
    return AUTH_FALSE;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return is(check->object->name, "/00-1") ? AUTH_OK : AUTH_DENY;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_map_object, 9, map) ENTRY(auth_check_read, 9, check)
FIXTURE("maps_attributes", AUTH_SERIAL | AUTH_READS_ATTRIBUTES, ENTRIES);
