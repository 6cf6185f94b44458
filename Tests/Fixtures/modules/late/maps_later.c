// Good: maps nothing, and says so, until it is written to; from then on everything. Expected: asked once, and again once it has
// invalidated.
#include "fixture.h"
#include <stdatomic.h>

static atomic_int mapping;

static int map(void *instance, const auth_mapping_t *asked, auth_result_t *result) {
    say("map %s", asked->name.data);
    if (!mapping) return AUTH_NO_ENTRY;
    result->mapped = AUTH_LITERAL("/inside");
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    say("check %s", check->object->name.data);
    return AUTH_OK;
}
static int begin(void *instance, const auth_check_t *check, auth_result_t *result) {
    host->invalidate(host, AUTH_SCOPE_ALL, NULL, 0);
    mapping = 1;
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, begin)
FIXTURE("maps_later", AUTH_ANY_THREAD, ENTRIES);
