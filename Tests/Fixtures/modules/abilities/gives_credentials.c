// An authenticator that does as its option `how` says: at-once, later (from a thread), never, fails, denies, nothing, hangs,
// exits.
// Each secret has the number of the call in it, and lives for `life` seconds; 0: it is not kept.
#include "fixture.h"

typedef struct authenticator {
    const auth_host_t *host;
    const char *how;
    int life;
    unsigned calls;
} authenticator_t;

typedef struct coming {
    authenticator_t *from;
    auth_token_t token;
    char secret[64];
} coming_t;

static int init(const auth_host_t *table, void **instance) {
    authenticator_t *made = calloc(1, sizeof *made);
    if (!made) return AUTH_ERROR;
    made->host = table;
    made->how = table->option(table, "how", 0);
    made->life = atoi(table->option(table, "life", 0));
    *instance = made;
    return AUTH_OK;
}

static void fill(const authenticator_t *from, auth_result_t *result, const char *secret) {
    result->user = string("gateway");
    result->secret = string(secret);
    if (from->life) result->expiry = from->host->time(from->host) / 1000000000 + from->life;
}

static void *give(void *argument) {
    coming_t *coming = argument;
    auth_result_t result = {.size = sizeof result};
    fill(coming->from, &result, coming->secret);
    coming->from->host->complete(coming->from->host, coming->token, AUTH_OK, &result);
    free(coming);
    return NULL;
}

static int answer_in(authenticator_t *from, const auth_destination_t *destination, auth_result_t *result, const char *what) {
    unsigned call = __atomic_add_fetch(&from->calls, 1, __ATOMIC_RELAXED);
    char line[600];
    snprintf(line, sizeof line, "%s %s at %s, call %u, round %u, serial %u", what, destination->destination.data,
             destination->address.length ? destination->address.data : "nowhere", call, destination->round,
             destination->serial);
    from->host->log(from->host, AUTH_LOG_INFO, line);
    coming_t *coming = calloc(1, sizeof *coming);
    if (!coming) return AUTH_ERROR;
    *coming = (coming_t){.from = from, .token = destination->token};
    snprintf(coming->secret, sizeof coming->secret, "%.40s-%u",
             destination->challenge.length ? destination->challenge.data : "secret", call);
    if (strcmp(from->how, "hangs") == 0) hang();
    if (strcmp(from->how, "exits") == 0) exit(0);
    if (strcmp(from->how, "later") == 0) return detach(give, coming);
    int status = AUTH_OK;
    if (strcmp(from->how, "at-once") == 0) {
        snprintf(result->scratch, result->scratch_size, "%s", coming->secret);
        fill(from, result, result->scratch);
    } else if (strcmp(from->how, "never") == 0) {
        status = AUTH_DELAYED;
    } else if (strcmp(from->how, "nothing") != 0) {
        result->reason_log = string("the vault is sealed");
        result->reason_client = string("sealed");
        status = strcmp(from->how, "denies") == 0 ? AUTH_DENY : AUTH_ERROR;
    }
    free(coming);
    return status;
}

static int first(void *instance, const auth_destination_t *destination, auth_result_t *result) {
    return answer_in(instance, destination, result, "authenticate");
}

static int again(void *instance, const auth_destination_t *destination, auth_result_t *result) {
    return answer_in(instance, destination, result, "retry");
}

static void done(void *instance, const auth_completed_t *completed) {
    authenticator_t *from = instance;
    char line[600];
    snprintf(line, sizeof line, "completed %s, serial %u, with %d", completed->destination.data, completed->serial,
             completed->outcome);
    from->host->log(from->host, AUTH_LOG_INFO, line);
}

#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init) ENTRY(auth_authenticate, 9, first) ENTRY(auth_retry, 9, again) ENTRY(auth_completed, 9, done)
#define OPTIONS(OPTION) \
    OPTION("how", AUTH_OPTION_STRING, "at-once", "What it does.") \
    OPTION("life", AUTH_OPTION_INTEGER, "0", "How many seconds its credentials live.")
AUTH_MODULE("gives_credentials", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
