// Good: resumes everybody but bob, and knows its own session data. Expected: it takes over from another module, and is asked
// about no session that it has not let in or resumed; data of another module's would abort. Built in variants, see
// scripts/build-fixtures: STRICT reads nothing, FORGETS resumes no session for want of an entry, LATE resumes by a thread, and
// BROKEN answers with data that names no user. NEVER
// resumes with an answer that never comes, BLOCKS once the file exists that the session's application id names.
#include "fixture.h"
#include <time.h>
#ifndef NAME
#define NAME "swapped"
#endif
static const char mine[] = NAME;
static int told;
static uint64_t data(void) { return (uint64_t)(uintptr_t)mine; }
static void know(uint64_t found) {
    if (found != data()) say("data of somebody else"), abort();
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    result->session_data = data();
    return is(login->user, "stranger") ? AUTH_DENY : AUTH_OK;
}
// Waits for a file, whose path is lent for longer than that.
MAYBE void wait_for(const char *path) {
    struct timespec moment = {0, 1000000};
    while (access(path, F_OK) != 0) nanosleep(&moment, NULL);
}
#ifndef FORGETS
#ifdef LATE
static void *resume_later(void *argument) {
    later_t *later = argument;
    auth_result_t result = {.size = sizeof result, .user = string(later->user), .session_data = data()};
    host->complete(host, later->token, AUTH_OK, &result);
    return free(later), NULL;
}
#endif
static int resume(void *instance, const auth_login_t *login, auth_result_t *result) {
    if (is(login->user, "bob")) return AUTH_DENY;
#ifdef BLOCKS
    wait_for(login->application_id.data);
#endif
#ifdef NEVER
    return AUTH_DELAYED;
#elif defined(LATE)
    later_t *later = calloc(1, sizeof *later);
    if (later) later->token = login->token, snprintf(later->user, sizeof later->user, "%s", login->user.data);
    return detach(resume_later, later);
#elif defined(BROKEN)
    return AUTH_OK;
#else
    return user(instance, login, result);
#endif
}
#define RESUME(ENTRY) ENTRY(auth_resume_user, 9, resume)
#else
#define RESUME(ENTRY)
#endif
static int check(void *instance, const auth_check_t *c, auth_result_t *result) {
#ifndef FORGETS
    know(c->session_data);
#endif
    if (begins(c->object->name.data, "/later/")) return answer_later(c->token, AUTH_OK, 1, "");
    if (begins(c->object->name.data, "/never/")) return AUTH_DELAYED;
#ifdef STRICT
    return AUTH_DENY;
#else
    return AUTH_OK;
#endif
}
// Names below /until/ are mapped, to themselves, once the file exists whose path is the rest of the name.
static void *map_later(void *argument) {
    later_t *later = argument;
    wait_for(later->mapped);
    host->complete(host, later->token, AUTH_FALSE, NULL);
    return free(later), NULL;
}
static int map(void *instance, const auth_mapping_t *m, auth_result_t *result) {
    later_t *later;
    if (!begins(m->name.data, "/until/")) return AUTH_FALSE;
    if ((later = calloc(1, sizeof *later))) {
        later->token = m->token;
        snprintf(later->mapped, sizeof later->mapped, "%s", m->name.data + strlen("/until"));
    }
    return detach(map_later, later);
}
static int end(void *instance, const auth_end_t *ended) {
    know(ended->session_data);
    say("free_user %d of %d", (int)ended->reason, ++told);
    return AUTH_OK;
}
static void leave(void *instance) { say("exit"); }
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_exit, 9, leave) ENTRY(auth_new_user, 9, user) RESUME(ENTRY) \
    ENTRY(auth_free_user, 9, end) ENTRY(auth_map_object, 9, map) ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check)
FIXTURE(NAME, AUTH_ANY_THREAD, ENTRIES);
