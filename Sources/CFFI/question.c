// The kind of question that a call is, in words: for the line that the end of the process leaves.
#include "call.h"
#include "line.h"

#include <authhost/status.h>
#include <authhost/types.h>
#include <string.h>

static const struct {
    const char *entry, *question;
} kinds[] = {
    {"auth_module", "what it is"},
    {"auth_init", "its start"},
    {"auth_exit", "its end"},
    {"auth_reload", "a reload"},
    {"auth_cancel", "the end of a wait"},
    {"auth_get_extension", "an ability"},
    {"auth_new_user", "a log-in"},
    {"auth_resume_user", "a log-in without a password"},
    {"auth_continue", "the answer to a challenge of a log-in"},
    {"auth_free_user", "the end of a session"},
    {"auth_map_object", "a mapping"},
    {"auth_new_object", "a new object"},
    {"auth_free_object", "the end of an object"},
    {"auth_request_object", "a subscription"},
    {"auth_discard_object", "the end of a subscription"},
    {"auth_check_read", "a read"},
    {"auth_check_write", "a write or a create"},
    {"checkWrite", "a write or a create"},
    {"auth_check_write_extended", "a write or a create"},
    {"auth_check_create", "a create"},
    {"auth_check_batch", "a burst of checks"},
    {"auth_explain", "an explanation"},
    {"auth_check_update", "an update"},
    {"auth_global_permission_update", "a change of permissions"},
    {"auth_permissions", "what a user may do"},
    {"auth_http_request", "a request of an HTTP realm"},
    {"auth_authenticate", "credentials"},
    {"auth_retry", "a challenge"},
    {"auth_completed", "what became of credentials"},
};

const char *cffi_question_of(const char *entry) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!strcmp(kinds[i].entry, entry)) return kinds[i].question;
    }
    return "a question";
}

bool cffi_says_action(const char *entry) {
    // A create may be asked as a write, and an explanation is of any check.
    return !strcmp(entry, "auth_explain") || !strcmp(entry, "auth_check_write") || !strcmp(entry, "checkWrite");
}

uint32_t cffi_action_of(const uint64_t *arguments) {
    // SAFETY: the second argument of these entries is a record of the caller's, which has this member from the start.
    return ((const auth_check_t *)(uintptr_t)arguments[1])->action;
}

static const char *action_words(uint32_t action) {
    switch (action) {
    case AUTH_ACTION_READ: return "a read";
    case AUTH_ACTION_WRITE: return "a write";
    case AUTH_ACTION_CREATE: return "a create";
    default: return NULL;
    }
}

void cffi_add_call(struct cffi_line *line, const struct cffi_call *call) {
    const cffi_plan *plan = call->plan;
    const char *action = action_words(call->action);
    bool is_explanation = action && !strcmp(plan->entry, "auth_explain");
    cffi_add(line, "`");
    cffi_add(line, plan->entry);
    cffi_add(line, "` (");
    cffi_add(line, is_explanation ? "an explanation of " : "");
    cffi_add(line, action ? action : plan->question);
    if (plan->generation) {
        cffi_add(line, ", generation ");
        cffi_add_number(line, plan->generation, 1);
    }
    cffi_add(line, ")");
}
