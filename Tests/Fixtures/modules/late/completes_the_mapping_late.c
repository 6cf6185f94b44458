// Fault: completes a mapping that it has answered, while it is asked the check. Expected: AUTH_COMPLETE_LATE; the check stays open.
#include "fixture.h"
#ifndef THREADS
#define THREADS AUTH_ANY_THREAD
#define NAME "completes_the_mapping_late"
#endif
static auth_token_t mapping;
static int map(void *instance, const auth_mapping_t *m, auth_result_t *result) { return mapping = m->token, AUTH_FALSE; }
static int check(void *instance, const auth_check_t *c, auth_result_t *result) {
    say("complete returned %d", host->complete(host, mapping, AUTH_OK, NULL));
    return AUTH_DELAYED;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_map_object, 9, map) \
    ENTRY(auth_check_read, 9, check)
FIXTURE(NAME, THREADS, ENTRIES);
