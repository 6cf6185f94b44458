/* The module of the benchmarks: says yes, and does nothing else. */
#include <authhost/authmodule.h>

static int init(const auth_host_t *host, void **instance) {
    (void)host;
    *instance = NULL;
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    return AUTH_OK;
}

static int check(void *instance, const auth_check_t *question, auth_result_t *result) {
    (void)instance;
    (void)question;
    (void)result;
    return AUTH_OK;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, new_user) ENTRY(auth_check_read, 9, check)
AUTH_MODULE("trivial", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, AUTH_NO_OPTIONS);
