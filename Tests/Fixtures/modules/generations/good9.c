// Good: a user's name selects the status, an object's first segment the answer. Expected: exactly that.
#include "fixture.h"
#ifndef THREADS
#define THREADS AUTH_ANY_THREAD
#define NAME "good9"
#endif
#ifndef WRITE
#define WRITE auth_check_write
#endif
#ifdef TEXT_RELOCATION
__asm__(".pushsection .text\n.quad strlen\n.popsection");
#endif
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    static const struct { const char *name; int status; } known[] = {
        {"deny", AUTH_DENY}, {"nouser", AUTH_INVALID_USER}, {"badpass", AUTH_INVALID_PASS}, {"error", AUTH_ERROR},
        {"badaddr", AUTH_INVALID_ADDR}, {"expired", AUTH_ACCT_EXPIRED}, {"userlimit", AUTH_USER_LC_EXCEEDED},
        {"sitelimit", AUTH_SITE_LC_EXCEEDED}, {"code3", AUTH_USER3}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is(login->user, known[i].name)) return known[i].status;
    result->session_limit = is(login->user, "two") ? 2 : 0;
    return is(login->user, "delay") ? answer_later(login->token, AUTH_OK, 1, "") : AUTH_OK;
}
static int status(const char *name) {
    if (begins(name, "/again/")) return AUTH_AGAIN;
    return begins(name, "/deny/") ? AUTH_DENY : begins(name, "/error/") ? AUTH_ERROR : AUTH_OK;
}
static int check(void *instance, const auth_check_t *c, auth_result_t *result) {
    return begins(c->object->name.data, "/delay/") ? answer_later(c->token, AUTH_OK, 1, "") : status(c->object->name.data);
}
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = status(checks[i]->object->name.data);
    return AUTH_OK;
}
static int map(void *instance, const auth_mapping_t *m, auth_result_t *result) {
    if (is(m->name, "/m/x")) return result->mapped = string("/mapped/x"), AUTH_OK;
    return is(m->name, "/dm/x") ? answer_later(m->token, AUTH_OK, 1, "/mapped/x") : AUTH_FALSE;
}
static int end(void *instance, const auth_end_t *ended) { return say("free_user %d", (int)ended->reason), AUTH_OK; }
static void cancel(void *instance, const auth_cancel_t *cancelled) { say("cancel"); }
static int reload(void *instance, const auth_reload_t *reload) { return say("reload"), AUTH_OK; }
static void leave(void *instance) { say("exit"); }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_exit, 9, leave) ENTRY(auth_reload, 9, reload) \
    ENTRY(auth_cancel, 9, cancel) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user) \
    ENTRY(auth_free_user, 9, end) ENTRY(auth_map_object, 9, map) ENTRY(auth_check_read, 9, check) \
    ENTRY(WRITE, 9, check) ENTRY(auth_check_create, 9, check) ENTRY(auth_check_batch, 9, batch)
FIXTURE(NAME, THREADS, ENTRIES);
