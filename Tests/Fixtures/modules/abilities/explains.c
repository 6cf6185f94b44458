// No fault: gives the rule for allows when it is asked for reasons, and explains. Expected: the rule stands in the audit
// log, and `authhost explain` prints the lines.
#include "fixture.h"

static int resume(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return is(login->user, "nobody") ? AUTH_DENY : AUTH_OK;
}

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    if (!begins(mapping->name.data, "/in/")) return AUTH_FALSE;
    int length = snprintf(result->scratch, result->scratch_size, "/out/%s", mapping->name.data + 4);
    result->mapped = (auth_string_t){result->scratch, (size_t)length};
    return AUTH_OK;
}

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    if (begins(check->object->name.data, "/deny")) {
        result->reason_log = string("rule \"deny read /deny/**\" at users:2");
        return AUTH_DENY;
    }
    if (check->flags & AUTH_CHECK_REASON) result->reason_log = string("rule \"allow read /**\" at users:1");
    return AUTH_OK;
}

static int explain(void *instance, const auth_check_t *question, auth_result_t *result) {
    int status = check(instance, question, result);
    int length = snprintf(result->scratch, result->scratch_size, "%s decides for %s\nfields: %d\n",
                          result->reason_log.data, question->object->name.data, (int)question->field_count);
    result->explanation = (auth_string_t){result->scratch, (size_t)length};
    return status;
}

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_resume_user, 9, resume) \
    ENTRY(auth_map_object, 9, map) ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check) \
    ENTRY(auth_check_batch, 9, batch) ENTRY(auth_explain, 9, explain)
FIXTURE("explains", AUTH_ANY_THREAD, ENTRIES);
