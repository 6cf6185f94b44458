// Fault: fills in what no host heeds yet: user and object name the member, which `later` does on a thread of its own.
// Expected: each denies, with the member's name; entry points that no host calls are not called.
#include "fixture.h"

static void fill(const char *what, auth_result_t *result) {
    if (strstr(what, "good_for")) result->good_for = 60;
    if (strstr(what, "cursor")) result->cursor = AUTH_LITERAL("row 7");
    if (strstr(what, "challenge")) result->challenge = AUTH_LITERAL("the second factor?");
}
static void *complete(void *token) {
    auth_result_t result = {.size = sizeof result, .user = AUTH_LITERAL("later good_for"), .good_for = 60};
    say("complete returned %d", host->complete(host, *(auth_token_t *)token, AUTH_OK, &result));
    free(token);
    return NULL;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    if (begins(login->user.data, "later ")) {
        auth_token_t *token = malloc(sizeof *token);
        if (token) *token = login->token;
        return detach(complete, token);
    }
    fill(login->user.data, result);
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    fill(check->object->name.data, result);
    return AUTH_OK;
}
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}
static int list(void *instance, const auth_permissions_t *question, auth_result_t *result) { return say("listed"), AUTH_OK; }
static int more(void *instance, const auth_continue_t *response, auth_result_t *result) { return say("continued"), AUTH_OK; }
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_batch, 9, batch) ENTRY(auth_permissions, 9, list) ENTRY(auth_continue, 9, more)
FIXTURE("shapes", AUTH_ANY_THREAD, ENTRIES);
