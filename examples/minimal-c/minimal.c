// The smallest module: every user may log in and read, and none may write. It needs the installed header and nothing else.
//
//     cc -std=c99 -Wall -Wextra -shared -fPIC $(pkg-config --cflags authhost) minimal.c -o libminimal.so
//     authhost module inspect $PWD/libminimal.so
//     echo any | authhost check --user ann --password-stdin --read /NEWS --module $PWD/libminimal.so
#include <authhost/authmodule.h>

static int init(const auth_host_t *host, void **instance) {
    (void)instance;
    host->log(host, AUTH_LOG_WARN, "minimal lets every user in");
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user; // who was authenticated: a yes takes this and AUTH_OK
    return AUTH_OK;
}

// Without auth_check_write the host denies writes; without auth_check_read it denies reads too, but for AUTH_OPEN_READS.
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, new_user)
AUTH_MODULE("minimal", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, AUTH_NO_OPTIONS);
