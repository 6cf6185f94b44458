// Good: takes batches, has the rows about /later/ asked alone, and delays them then. Expected: each gets the answer that it would have had.
#include "fixture.h"

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    if (begins(check->object->name.data, "/late/broken")) return AUTH_ASK_ALONE;
    if (begins(check->object->name.data, "/later/")) return answer_later(check->token, AUTH_OK, 1, "");
    return begins(check->object->name.data, "/deny/") ? AUTH_DENY : AUTH_OK;
}
static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    say("batch of %zu", count);
    for (size_t i = 0; i < count; i++) {
        say("row %s of %s, token %llu", checks[i]->object->name.data, checks[i]->user.data, (unsigned long long)checks[i]->token);
        results[i]->status = begins(checks[i]->object->name.data, "/late") ? AUTH_ASK_ALONE : check(instance, checks[i], results[i]);
    }
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_batch, 9, batch)
FIXTURE("asks_alone", AUTH_ANY_THREAD, ENTRIES);
