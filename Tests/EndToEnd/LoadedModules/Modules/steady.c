// Answers one question after the other, and takes so many microseconds for each as its option says: what it can do is known.
#define _POSIX_C_SOURCE 200809L
#include <authhost/authmodule.h>
#include <stdlib.h>
#include <time.h>

static long pause_of_each;

static int init(const auth_host_t *host, void **instance) {
    (void)instance;
    pause_of_each = strtol(host->option(host, "microseconds", 0), NULL, 10);
    return AUTH_OK;
}

static void work(void) {
    struct timespec time = {pause_of_each / 1000000, pause_of_each % 1000000 * 1000};
    while (nanosleep(&time, &time) != 0) {}
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    work();
    result->user = login->user;
    return AUTH_OK;
}

static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    (void)instance, (void)check, (void)result;
    work();
    return AUTH_OK;
}

#define ENTRIES(E) \
    E(auth_init, 9, init) E(auth_new_user, 9, new_user) E(auth_check_read, 9, check) E(auth_check_write, 9, check)
#define OPTIONS(O) O("microseconds", AUTH_OPTION_INTEGER, "1000", "How long each question takes.")
AUTH_MODULE("steady", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
