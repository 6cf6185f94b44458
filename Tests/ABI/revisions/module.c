// A module that looks at everything it is given, and says everything that it can. Compiled with the headers of this revision, the one
// before and the one after, it must do the same on hosts of all three. REVISION is -1, 0 or 1; NAME its name.
#include <authhost/authmodule.h>
#include <string.h>

static const auth_host_t *host;

static int init(const auth_host_t *table, void **instance) {
    host = table;
    *instance = (void *)table;
#if REVISION > 0
    // A table that ends before it is not read there.
    if (AUTH_HOST_HAS(host, later)) return AUTH_ERROR;
#endif
    return AUTH_HOST_HAS(host, rules_state) ? AUTH_OK : AUTH_ERROR;
}

#if REVISION > 0
// What a later revision reads where it is there, and writes whether the host reads it or not.
#define LATER_READ(record) \
    if (AUTH_HAS(record, later_text) && (record)->later_text.length != 0 && (record)->later_number != 7) return AUTH_ERROR;
#define LATER_WRITE(record) \
    (record)->later_number = 7; \
    (record)->later_text = AUTH_LITERAL("of a later revision");
#else
#define LATER_READ(record)
#define LATER_WRITE(record)
#endif

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    if (instance != (const void *)host) return AUTH_ERROR;
    LATER_READ(login)
    result->user = login->user;
    result->reason_log = AUTH_LITERAL("a log-in");
    result->session_limit = 3;
    LATER_WRITE(result)
    return AUTH_EQUAL(login->password, "right") ? AUTH_OK : AUTH_INVALID_PASS;
}

// Denies what is below /deny, and a write whose fields do not add up to as many bytes as its object's name ends with.
static int check(void *instance, const auth_check_t *question, auth_result_t *result) {
    const auth_string_t name = question->object->name;
    size_t bytes = 0, i;
    (void)instance;
    LATER_READ(question)
    for (i = 0; i < question->field_count; i++) {
        LATER_READ(question->fields[i])
        bytes += question->fields[i]->name.length + question->fields[i]->value.length;
    }
    result->reason_log = name;
    LATER_WRITE(result)
    if (strncmp(name.data, "/deny", 5) == 0) return AUTH_DENY;
    return question->action == AUTH_ACTION_READ || bytes == (size_t)(name.data[name.length - 1] - '0') ? AUTH_OK : AUTH_DENY;
}

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    size_t i;
    for (i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}

static int end(void *instance, const auth_end_t *ended) {
    (void)instance;
    LATER_READ(ended)
    host->log(host, AUTH_LOG_INFO, ended->user.data);
    return AUTH_OK;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, new_user) ENTRY(auth_check_read, 9, check) \
    ENTRY(auth_check_write, 9, check) ENTRY(auth_check_batch, 9, batch) ENTRY(auth_free_user, 9, end)
#define OPTIONS(OPTION) \
    OPTION("first", AUTH_OPTION_STRING, "one", "The first.") OPTION("second", AUTH_OPTION_STRING, "two", "The second.")
AUTH_MODULE(NAME, "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
