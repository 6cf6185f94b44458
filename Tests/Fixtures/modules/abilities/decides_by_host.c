// No fault: a log-in is good for the host `good` alone, by the attribute forwarded.host.
// Expected: an equal log-in for another host is asked about anew.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    for (size_t i = 0; i < login->attribute_count; i++)
        if (is(login->attributes[i]->name, AUTH_ATTRIBUTE_FORWARDED_HOST) && is(login->attributes[i]->value, "good"))
            return AUTH_OK;
    return AUTH_DENY;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("decides_by_host", AUTH_BLOCKING | AUTH_READS_ATTRIBUTES, ENTRIES);
