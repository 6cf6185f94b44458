// Lets everybody in whose password is the configured word, and lets them read below /public/.
#include <authhost/authmodule.h>
#include <string.h>

static int init(const auth_host_t *host, void **instance) {
    *instance = (void *)host;
    host->log(host, AUTH_LOG_INFO, "minimal is ready");
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    const auth_host_t *host = instance;
    const char *word = host->option(host, "word", 0);
    (void)result;
    return word && login->password.data && strcmp(login->password.data, word) == 0 ? AUTH_OK : AUTH_INVALID_PASS;
}

static int check_read(void *instance, const auth_check_t *check, auth_result_t *result) {
    (void)instance;
    (void)result;
    return strncmp(check->object->name, "/public/", 8) == 0 ? AUTH_OK : AUTH_DENY;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, new_user) ENTRY(auth_check_read, 9, check_read)
#define OPTIONS(OPTION) OPTION("word", AUTH_OPTION_SECRET, NULL, "The password of everybody.")
AUTH_MODULE("minimal", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
