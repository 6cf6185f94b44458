// Good: answers requests for HTTP directories later, and a challenge to a log-in, which no host asks yet.
// Expected: the request is answered by its token; the challenge denies.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    if (is(login->user, "challenge")) result->challenge = AUTH_LITERAL("the second factor?");
    static const struct { const char *name; int status; } known[] = {
        {"challenge", AUTH_CONTINUE}, {"defer", AUTH_DEFER}, {"ignore", AUTH_IGNORE}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is(login->user, known[i].name)) return known[i].status;
    return AUTH_OK;
}
static int more(void *instance, const auth_continue_t *response, auth_result_t *result) { return AUTH_OK; }
static int list(void *instance, const auth_permissions_t *question, auth_result_t *result) {
    static const auth_permission_t all = {sizeof all, AUTH_ACTION_READ, 1, 0, {"/**", 3}};
    return question->emit(question->context, &all) ? AUTH_OK : AUTH_ERROR;
}
static int http(void *instance, const auth_http_t *request, auth_result_t *result) {
    if (request->method != AUTH_METHOD_GET || request->session == 0 || request->deadline == 0) return AUTH_DENY;
    return answer_later(request->token, AUTH_OK, 1, "");
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_continue, 9, more) \
    ENTRY(auth_permissions, 9, list) ENTRY(auth_http_request, 9, http) ENTRY(auth_check_read, 9, check9)
FIXTURE("http_later", AUTH_ANY_THREAD, ENTRIES);
