// Compiled as every C and C++ that the header promises: each part of it alone and twice, and a module with options.
#if defined(AUTH_GENERATION) && AUTH_GENERATION < 9
#include <authhost/entries6.h>
#include <authhost/entries7.h>
#include <authhost/authmodule.h>

static int new_user(session_t *session, char *user, char *pass) {
    (void)session;
    return *user && *pass ? AUTH_OK : AUTH_DENY;
}

#if AUTH_GENERATION == 6
#define ENTRIES(ENTRY) ENTRY(auth_new_user, 6, new_user)
#else
#define ENTRIES(ENTRY) ENTRY(auth_new_user, 7, new_user)
#endif
#define OPTIONS(OPTION) OPTION("required", AUTH_OPTION_STRING, AUTH_REQUIRED, "One that must be set.")
AUTH_MODULE("matrix", "1.0", AUTH_GENERATION, AUTH_SERIAL, ENTRIES, OPTIONS);
#else
#include <authhost/host.h>
#include <authhost/authenticators9.h>
#include <authhost/entries9.h>
#include <authhost/status.h>
#include <authhost/authmodule.h>
#include <authhost/authmodule.h>

AUTH_PROFILE("pure");

static const auth_pair_t group = {sizeof group, 0, AUTH_STATIC_LITERAL("group"), AUTH_STATIC_LITERAL("traders")};
static const auth_pair_t *const groups[] = {&group};

static int init(const auth_host_t *host, void **instance) {
    *instance = NULL;
    return AUTH_HOST_HAS(host, rules_state) ? AUTH_OK : AUTH_ERROR;
}

static const void *find(void *instance, const char *id) {
    static const auth_about_t about = {sizeof about, 0, AUTH_STATIC_LITERAL("matrix"), AUTH_STATIC_LITERAL("1.0")};
    (void)instance;
    return *id ? &about : NULL;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    result->session_data = login->attribute_count > 0 ? login->attributes[0]->value.length : 0;
    result->session_limit = AUTH_EQUAL(login->user, "one") ? 1 : 0;
    result->reason_log = AUTH_LITERAL("a reason");
    result->attributes = groups;
    result->attribute_count = AUTH_HAS(result, attribute_count) ? 1 : 0;
    return AUTH_OK;
}

static int check(void *instance, const auth_check_t *question, auth_result_t *result) {
    (void)instance;
    (void)result;
    return question->action == AUTH_ACTION_READ ? AUTH_OK : AUTH_DENY;
}

static int explain(void *instance, const auth_check_t *question, auth_result_t *result) {
    if (question->flags & AUTH_CHECK_REASON) result->explanation = question->user;
    return check(instance, question, result);
}

static int batch(void *instance, const auth_check_t *const *checks, size_t count, auth_result_t *const *results) {
    size_t i;
    for (i = 0; i < count; i++) results[i]->status = check(instance, checks[i], results[i]);
    return AUTH_OK;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_get_extension, 9, find) ENTRY(auth_new_user, 9, new_user, AUTH_BLOCKING) ENTRY(auth_check_read, 9, check) \
    ENTRY(checkWrite, 9, check) ENTRY(auth_check_batch, 9, batch) ENTRY(auth_explain, 9, explain)
#define OPTIONS(OPTION) \
    OPTION("required", AUTH_OPTION_STRING, AUTH_REQUIRED, "One that must be set.") \
    OPTION("file", AUTH_OPTION_PATH, "%r/etc/x", "One with a default.") \
    OPTION("secret", AUTH_OPTION_SECRET, "", "One without a value.")
#if defined(SWIFT_MODULE)
AUTH_SWIFT_MODULE("matrix", "1.0", AUTH_ANY_THREAD, OPTIONS);
#elif defined(SWIFT_LOGINS)
AUTH_SWIFT_MODULE_WITH_BLOCKING_LOGINS("matrix", "1.0", AUTH_ANY_THREAD, OPTIONS);
#elif defined(SWIFT_ROWS)
#define ROWS(ENTRY) \
    ENTRY(auth_init, 9, authkit_init) ENTRY(auth_new_user, 9, authkit_new_user) ENTRY(auth_check_read, 9, authkit_check_read) \
    ENTRY(auth_check_write, 9, authkit_check_write, AUTH_BLOCKING)
AUTH_MODULE("matrix", "1.0", 9, AUTH_ANY_THREAD, ROWS, OPTIONS);
#elif defined(SWIFT_AUTHENTICATOR)
AUTH_SWIFT_AUTHENTICATOR("matrix", "1.0", AUTH_ANY_THREAD, OPTIONS);
#elif defined(__cplusplus)
namespace matrix {
AUTH_MODULE("matrix", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, OPTIONS);
}
#else
AUTH_MODULE("matrix", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, OPTIONS);
#endif
#endif
