// Lets a user in where the host's times are on the clocks that the header names, and says which is not.
#define _GNU_SOURCE
#include <authhost/authmodule.h>
#include <time.h>

static const auth_host_t *host;
static const int64_t second = 1000000000;

static int64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * second + time.tv_nsec;
}

static int is_near(int64_t told, clockid_t clock) { return told > now(clock) - 10 * second && told <= now(clock) + second; }

static int init(const auth_host_t *table, void **instance) {
    host = table;
    *instance = NULL;
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    int64_t left = login->deadline - now(CLOCK_MONOTONIC);
    if (!is_near(host->monotonic_time(host), CLOCK_MONOTONIC)) result->reason_log = AUTH_LITERAL("monotonic_time");
    else if (!is_near(host->time(host), CLOCK_REALTIME)) result->reason_log = AUTH_LITERAL("time");
    // The test allows an hour.
    else if (left < 3500 * second || left > 3600 * second) result->reason_log = AUTH_LITERAL("deadline");
    else return AUTH_OK;
    return AUTH_DENY;
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user)
AUTH_MODULE("clocks", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, AUTH_NO_OPTIONS);
