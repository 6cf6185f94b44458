// openauth: lets every user in, and answers every check from three options. For trials and tests; see openauth.7.md.
#include <authhost/authmodule.h>

// What is allowed: one bit for each action, at the place of its number. The instance is the set itself, in a pointer's
// clothes: it is made once by auth_init and never changes, so any number of threads may read it.
typedef uintptr_t allowed_t;

static allowed_t bit(uint32_t action) { return (allowed_t)1 << action; }

// The host has checked the value: it is "TRUE" or "FALSE".
static allowed_t option(const auth_host_t *host, const char *name, uint32_t action) {
    const char *value = host->option(host, name, 0);
    return value && value[0] == 'T' ? bit(action) : 0;
}

static int init(const auth_host_t *host, void **instance) {
    allowed_t allowed = option(host, "read-access", AUTH_ACTION_READ) | option(host, "write-access", AUTH_ACTION_WRITE)
        | option(host, "create-access", AUTH_ACTION_CREATE);
    *instance = (void *)allowed;
    host->log(host, AUTH_LOG_WARN, "openauth lets every user in, whatever the password");
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    return AUTH_OK;
}

static auth_string_t reason(uint32_t action) {
    static const char read[] = "read-access is FALSE", write[] = "write-access is FALSE",
                      create[] = "create-access is FALSE", unknown[] = "the action is not known";
    switch (action) {
    case AUTH_ACTION_READ: return (auth_string_t){read, sizeof read - 1};
    case AUTH_ACTION_WRITE: return (auth_string_t){write, sizeof write - 1};
    case AUTH_ACTION_CREATE: return (auth_string_t){create, sizeof create - 1};
    default: return (auth_string_t){unknown, sizeof unknown - 1};
    }
}

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    if (check->action >= AUTH_ACTION_READ && check->action <= AUTH_ACTION_CREATE
        && ((allowed_t)instance & bit(check->action)))
        return AUTH_OK;
    result->reason_log = reason(check->action);
    return AUTH_DENY;
}

static int check_batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    for (size_t i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) \
    ENTRY(auth_new_user, 9, new_user) \
    ENTRY(auth_resume_user, 9, new_user) \
    ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_write, 9, check) \
    ENTRY(auth_check_create, 9, check) \
    ENTRY(auth_check_batch, 9, check_batch)

#define OPTIONS(OPTION) \
    OPTION("read-access", AUTH_OPTION_BOOLEAN, "TRUE", "Whether every user may read every object.") \
    OPTION("write-access", AUTH_OPTION_BOOLEAN, "FALSE", "Whether every user may write every object.") \
    OPTION("create-access", AUTH_OPTION_BOOLEAN, "FALSE", "Whether every user may create objects.")

AUTH_MODULE("openauth", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
