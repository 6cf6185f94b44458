// No fault: compares every text that it is handed, as C does. Expected: none is null, given or not.
#include "fixture.h"

static int same(const char *text) { return strcmp(text, "x") == 0; }

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return same(login->user.data) + same(login->password.data) + same(login->address.data) +
                   same(login->application_id.data) + same(login->machine_id.data) + same(login->door.data)
               ? AUTH_DENY : AUTH_OK;
}

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return same(check->user.data) + same(check->requested.data) + same(check->object->name.data) +
                   same(check->contribution_id.data)
               ? AUTH_DENY : AUTH_OK;
}

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}

static int map(void *instance, const auth_mapping_t *asked, auth_result_t *result) {
    return same(asked->user.data) + same(asked->requested.data) + same(asked->name.data) ? AUTH_DENY : AUTH_FALSE;
}

static int fetch(void *instance, const auth_http_t *asked, auth_result_t *result) {
    return same(asked->user.data) + same(asked->password.data) + same(asked->path.data) ? AUTH_DENY : AUTH_OK;
}

static int end(void *instance, const auth_end_t *ended) { return same(ended->user.data) ? AUTH_DENY : AUTH_OK; }

static void tell(void *instance, const auth_completed_t *told) {
    say("told %d", same(told->destination.data) + same(told->address.data));
}

static int ask(void *instance, const auth_destination_t *to, auth_result_t *result) {
    if (same(to->destination.data) + same(to->address.data) + same(to->challenge.data)) return AUTH_DENY;
    result->user = result->secret = string("");
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user) \
    ENTRY(auth_check_write, 9, check) ENTRY(auth_check_batch, 9, batch) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_http_request, 9, fetch) ENTRY(auth_free_user, 9, end) ENTRY(auth_authenticate, 9, ask) ENTRY(auth_retry, 9, ask) \
    ENTRY(auth_completed, 9, tell)
FIXTURE("compares_texts", AUTH_SERIAL, ENTRIES);
