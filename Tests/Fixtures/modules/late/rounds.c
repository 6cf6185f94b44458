// Good: a check of `/wait/FILE` waits until there is that file, and so does a batch that has a row about `/hang/FILE`. Expected: in a
// helper process checks that wait meanwhile are rows of one batch, where the module promises that checks return at once.
#include "fixture.h"

#ifdef BLOCKS
#define NAME "rounds_blocking"
#define THREADS AUTH_BLOCKING
#else
#define NAME "rounds"
#define THREADS AUTH_ANY_THREAD
#endif

#include <time.h>
#include <unistd.h>

static void wait_for(const char *file) {
    say("waits for %s", file);
    while (access(file, F_OK) != 0) nanosleep(&(struct timespec){0, 1000000}, NULL);
}
static const char *name_of(const auth_check_t *check) { return check->object->name.data; }
static int verdict(const auth_check_t *check) { return begins(name_of(check), "/deny") ? AUTH_DENY : AUTH_OK; }
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    const char *name = name_of(check), *wait = strstr(name, "/wait/");
    say("alone: %s", name);
    if (wait) wait_for(wait + 5);
    return verdict(check);
}
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    say("batch of %zu of %s", count, checks[0]->user.data);
    for (size_t i = 0; i < count; i++) {
        const char *name = name_of(checks[i]);
        if (strcmp(checks[i]->user.data, checks[0]->user.data) != 0) return AUTH_ERROR;
        if (begins(name, "/hang/")) wait_for(name + 5);
        results[i]->status = begins(name, "/alone")   ? AUTH_ASK_ALONE
                             : begins(name, "/later") ? AUTH_DELAYED
                                                      : verdict(checks[i]);
    }
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_resume_user, 9, user9) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_batch, 9, batch)
FIXTURE(NAME, THREADS, ENTRIES);
