// One side of the swaps that Tests/Swap/swaps makes: everybody but `eve` may log in, both sides allow what lies below /both,
// each what lies below its own name, and answers below /later come from a thread.
//
// SIDE is its name, "left" or "right". WAY makes it one that may not take over: see Tests/Swap/swaps.
#include <authhost/authmodule.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const auth_host_t *host;

static int init(const auth_host_t *functions, void **instance) {
    host = functions;
    *instance = NULL;
#ifdef INIT
    return INIT;
#else
    return AUTH_OK;
#endif
}

static int is(auth_string_t string, const char *word) {
    return string.length == strlen(word) && memcmp(string.data, word, string.length) == 0;
}

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
#ifdef DENIES
    return AUTH_DENY;
#endif
    if (is(login->user, "eve")) return AUTH_INVALID_USER;
    result->user = login->user;
    return AUTH_OK;
}

static void *answer(void *token) {
    host->complete(host, *(auth_token_t *)token, AUTH_OK, NULL);
    free(token);
    return NULL;
}

static int later(auth_token_t token) {
    pthread_t thread;
    auth_token_t *copy = malloc(sizeof *copy);
    if (!copy) return AUTH_ERROR;
    *copy = token;
    if (pthread_create(&thread, NULL, answer, copy) != 0) {
        free(copy);
        return AUTH_ERROR;
    }
    pthread_detach(thread);
    return AUTH_DELAYED;
}

static int check(void *instance, const auth_check_t *question, auth_result_t *result) {
    (void)instance;
    (void)result;
    const char *name = question->object->name.data;
#ifdef ALLOWS
    return AUTH_OK;
#endif
    if (strncmp(name, "/both/", 6) == 0 || strncmp(name, "/" SIDE "/", strlen(SIDE) + 2) == 0) return AUTH_OK;
    return strncmp(name, "/later/", 7) == 0 ? later(question->token) : AUTH_DENY;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user) ENTRY(auth_resume_user, 9, user) \
    ENTRY(auth_check_read, 9, check) ENTRY(auth_check_write, 9, check)
AUTH_MODULE(SIDE, "1.0", 9, AUTH_ANY_THREAD, ENTRIES, AUTH_NO_OPTIONS);
