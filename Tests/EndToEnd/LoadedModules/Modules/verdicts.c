// Answers with the status that the user's name ends in ("u11": 11), and ejects the user that writes /EJECT.
#include <authhost/authmodule.h>
#include <stdlib.h>
#include <string.h>

static const auth_host_t *host;

static int init(const auth_host_t *functions, void **instance) {
    (void)instance;
    host = functions;
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    int number = atoi(login->user.data + 1);
    return number == 1 ? AUTH_OK : number;
}

static int check_write(void *instance, const auth_check_t *check, auth_result_t *result) {
    (void)instance;
    (void)result;
    if (strcmp(check->object->name.data, "/EJECT") == 0) host->eject(host, check->user.data, -1, NULL, NULL);
    return AUTH_OK;
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user) E(auth_check_write, 9, check_write)
AUTH_MODULE("verdicts", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, AUTH_NO_OPTIONS);
