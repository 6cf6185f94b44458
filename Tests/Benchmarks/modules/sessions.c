/* The module of the session rows: everybody may have one session; reads of /later/... wait until /now is read. */
#include <authhost/authmodule.h>
#include <pthread.h>
#include <string.h>

enum { most_waiting = 1 << 20 };

static const auth_host_t *host;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static auth_token_t waiting[most_waiting];
static size_t waiting_count;

static int init(const auth_host_t *functions, void **instance) {
    host = functions;
    *instance = NULL;
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    result->session_limit = 1;
    return AUTH_OK;
}

static int keep(auth_token_t token) {
    pthread_mutex_lock(&lock);
    int status = waiting_count < most_waiting ? AUTH_DELAYED : AUTH_ERROR;
    if (status == AUTH_DELAYED) waiting[waiting_count++] = token;
    pthread_mutex_unlock(&lock);
    return status;
}

static int answer_all(void) {
    pthread_mutex_lock(&lock);
    size_t count = waiting_count;
    waiting_count = 0;
    pthread_mutex_unlock(&lock);
    for (size_t i = 0; i < count; i++) host->complete(host, waiting[i], AUTH_OK, NULL);
    return AUTH_OK;
}

static int check(void *instance, const auth_check_t *question, auth_result_t *result) {
    (void)instance;
    (void)result;
    if (strncmp(question->object->name.data, "/later/", 7) == 0) return keep(question->token);
    return strcmp(question->object->name.data, "/now") == 0 ? answer_all() : AUTH_OK;
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, new_user) ENTRY(auth_check_read, 9, check)
AUTH_MODULE("sessions", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, AUTH_NO_OPTIONS);
