// Good: exports every entry, as a kit does, and has nothing behind most. Expected: as if it did not export them.
#include "fixture.h"

static int login(void *instance, const auth_login_t *login, auth_result_t *result) { return AUTH_NO_ENTRY; }
static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) { return AUTH_NO_ENTRY; }
static int none(void *instance, const auth_check_t *check, auth_result_t *result) { return AUTH_NO_ENTRY; }
static int end(void *instance, const auth_end_t *ended) {
    say("told of an end");
    return AUTH_NO_ENTRY;
}
static int reload(void *instance, const auth_reload_t *reload) { return AUTH_NO_ENTRY; }
static int http(void *instance, const auth_http_t *request, auth_result_t *result) { return AUTH_NO_ENTRY; }
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    return AUTH_NO_ENTRY;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_resume_user, 9, login) \
    ENTRY(auth_free_user, 9, end) ENTRY(auth_reload, 9, reload) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check9) ENTRY(auth_check_write, 9, check9) ENTRY(auth_check_create, 9, none) \
    ENTRY(auth_check_batch, 9, batch) ENTRY(auth_explain, 9, none) ENTRY(auth_http_request, 9, http)
FIXTURE("no_such_entry", AUTH_ANY_THREAD, ENTRIES);
