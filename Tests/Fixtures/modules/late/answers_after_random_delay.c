// Good: one thread answers every login and reads of /later/..., each after a random 1 to 255 ms. Expected: each counts once.
#include "fixture.h"
#include <time.h>

enum { slots = 256 };
typedef struct late { auth_token_t token; struct late *next; char user[256]; } late_t;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static late_t *wheel[slots];
static unsigned now, seed = 1, over;

static late_t *take_due(void) {
    pthread_mutex_lock(&lock);
    late_t *due = wheel[++now % slots];
    wheel[now % slots] = NULL;
    pthread_mutex_unlock(&lock);
    return due;
}
static void *turn(void *unused) {
    while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        for (late_t *due = take_due(), *next; due; free(due), due = next) {
            next = due->next;
            auth_result_t result = {.size = sizeof result, .user = string(due->user)};
            host->complete(host, due->token, AUTH_OK, &result);
        }
    }
    return NULL;
}
static int later(auth_token_t token) {
    late_t *late = malloc(sizeof *late);
    if (!late) return AUTH_ERROR;
    pthread_mutex_lock(&lock);
    seed = seed * 1103515245u + 12345u;
    late_t **slot = &wheel[(now + 1 + (seed >> 16) % (slots - 1)) % slots];
    *late = (late_t){.token = token, .next = *slot};
    snprintf(late->user, sizeof late->user, "%s", asked_user);
    *slot = late;
    pthread_mutex_unlock(&lock);
    return AUTH_DELAYED;
}
static int init(const auth_host_t *table, void **instance) {
    pthread_t thread;
    host = table, *instance = NULL;
    return pthread_create(&thread, NULL, turn, NULL) || pthread_detach(thread) ? AUTH_ERROR : AUTH_OK;
}
static void end(void *instance) { __atomic_store_n(&over, 1, __ATOMIC_RELEASE); }
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    return later(login->token);
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return begins(check->object->name.data, "/later/") ? later(check->token) : AUTH_OK;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_exit, 9, end) ENTRY(auth_new_user, 9, user) \
    ENTRY(auth_check_read, 9, check)
FIXTURE("answers_after_random_delay", AUTH_ANY_THREAD, ENTRIES);
