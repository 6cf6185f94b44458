// The host's functions, by way of the ring.
#define _GNU_SOURCE
#include "helper.h"

#include <authhost/status.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Thread_local uint64_t current_call;
ring_end tells;

// A question to the host that waits for its answer, on the stack of the thread that waits.
struct asking {
    struct asking *next;
    uint64_t number;
    bool is_answered;
    wire_head head;
    wire_in in;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static struct asking *waiting;
static uint64_t last_number;
// One of the threads that wait reads the ring for all.
static bool is_read;

static void deliver(uint8_t *bytes, size_t length) {
    wire_head head;
    wire_in in;
    struct asking *asking = waiting;
    if (!wire_open(&in, bytes, length, &head)) abort();
    while (asking && asking->number != head.ask) asking = asking->next;
    if (!asking) abort();
    asking->head = head;
    asking->in = in;
    asking->is_answered = true;
    pthread_cond_broadcast(&answered);
}

static void await(struct asking *asking) {
    pthread_mutex_lock(&lock);
    while (!asking->is_answered) {
        if (is_read) {
            pthread_cond_wait(&answered, &lock);
            continue;
        }
        is_read = true;
        pthread_mutex_unlock(&lock);
        uint8_t *bytes;
        size_t length;
        enum ring_result found;
        while ((found = ring_take(&tells, &bytes, &length)) == RING_EMPTY) {
            ring_await_record(&tells, ring_turns(), 1000000000);
        }
        if (found != RING_DONE) abort();
        pthread_mutex_lock(&lock);
        is_read = false;
        deliver(bytes, length);
    }
    struct asking **place = &waiting;
    while (*place != asking) place = &(*place)->next;
    *place = asking->next;
    // Another one has to read now.
    pthread_cond_broadcast(&answered);
    pthread_mutex_unlock(&lock);
}

static void drop(struct asking *asking) {
    if (!asking->is_answered) return;
    explicit_bzero(asking->in.bytes, asking->in.length);
    free(asking->in.bytes);
}

// Asks the host. Returns what the function returned, or `otherwise` where it cannot be asked; what it has written is where the
// slots lead. The answer lives until drop().
static int64_t ask(uint32_t number, const uint64_t *slots, int64_t otherwise, struct asking *asking) {
    // The host does not know a copy that the module has forked.
    if (cffi_is_copy()) return otherwise;
    const char *shape = wire_host_shape(number);
    wire_head head = {WIRE_ASK, number, current_call, 0, 0};
    if (asking) {
        pthread_mutex_lock(&lock);
        head.ask = asking->number = ++last_number;
        asking->next = waiting;
        waiting = asking;
        pthread_mutex_unlock(&lock);
    }
    wire_out out;
    wire_begin(&out, head);
    wire_pack(&out, shape, slots);
    bool is_sent = !out.failed;
    if (is_sent) send_record(&out);
    wire_finish(&out);
    if (!asking) return 0;
    if (!is_sent) {
        pthread_mutex_lock(&lock);
        struct asking **place = &waiting;
        while (*place != asking) place = &(*place)->next;
        *place = asking->next;
        pthread_mutex_unlock(&lock);
        return otherwise;
    }
    await(asking);
    return wire_unpack_results(&asking->in, shape, slots) ? asking->head.value : otherwise;
}

#define ADDRESS(pointer) ((uint64_t)(uintptr_t)(pointer))

static int64_t ask_value(uint32_t number, const uint64_t *slots, int64_t otherwise) {
    struct asking asking = {0};
    int64_t value = ask(number, slots, otherwise, &asking);
    drop(&asking);
    return value;
}

// MARK: the functions

static void host_log(const auth_host_t *host, int severity, const char *text) {
    (void)host;
    if (!text) return;
    char *cut = strnlen(text, 4097) > 4096 ? strndup(text, 4096) : NULL;
    ask(WIRE_HOST_LOG, (uint64_t[]){(uint64_t)(int64_t)severity, ADDRESS(cut ? cut : text)}, 0, NULL);
    free(cut);
}

// Values live until the process ends, as those of a host do; equal ones are kept once.
static const char *intern(const char *text) {
    static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
    static struct text {
        struct text *next;
        char bytes[];
    } *texts;
    pthread_mutex_lock(&guard);
    struct text *known = texts;
    while (known && strcmp(known->bytes, text) != 0) known = known->next;
    if (!known && (known = malloc(sizeof *known + strlen(text) + 1))) {
        strcpy(known->bytes, text);
        known->next = texts;
        texts = known;
    }
    pthread_mutex_unlock(&guard);
    return known ? known->bytes : NULL;
}

static const char *host_option(const auth_host_t *host, const char *name, size_t index) {
    (void)host;
    struct asking asking = {0};
    int64_t is_set = ask(WIRE_HOST_OPTION, (uint64_t[]){ADDRESS(name), index}, 0, &asking);
    const char *text = is_set ? wire_get_text(&asking.in, NULL) : NULL;
    const char *kept = text ? intern(text) : NULL;
    drop(&asking);
    return kept;
}

static int64_t clock_now(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
static int64_t host_time(const auth_host_t *host) { return (void)host, clock_now(CLOCK_REALTIME); }
static int64_t host_monotonic_time(const auth_host_t *host) { return (void)host, clock_now(CLOCK_MONOTONIC); }

static int host_complete(const auth_host_t *host, auth_token_t token, int status, const auth_result_t *result) {
    (void)host;
    uint64_t slots[] = {token, (uint64_t)(int64_t)status, 0};
    // What comes back is the number alone: the record is the module's, and only read.
    auth_result_t copy = {0};
    if (result) {
        memcpy(&copy, result, result->size < sizeof copy ? result->size : sizeof copy);
        copy.scratch_size = 0;
        slots[2] = ADDRESS(&copy);
    }
    return (int)ask_value(WIRE_HOST_COMPLETE, slots, AUTH_COMPLETE_REFUSED);
}

static auth_token_t host_pending(const auth_host_t *host, const auth_session_6_ *session) {
    (void)host;
    // Outside of an entry point there is no object.
    return current_call ? (auth_token_t)ask_value(WIRE_HOST_PENDING, (uint64_t[]){ADDRESS(session)}, 0) : 0;
}

static void host_event(void *data, short event, short code) {
    if (!data) return;
    const mapinfo_t *map = data;
    bool is_named = event == THREADS_AUTH_MAPPED || event == THREADS_AUTH_CHECKWRITE;
    uint64_t slots[] = {ADDRESS(map->session), is_named ? ADDRESS(map->name) : 0, is_named ? ADDRESS(map->mapped) : 0,
                        (uint64_t)(int64_t)event, (uint64_t)(int64_t)code};
    _Static_assert(offsetof(mapinfo_t, mapped) == offsetof(checkwriteinfo_t, contrib_id), "both records are alike");
    ask_value(WIRE_HOST_EVENT, slots, 0);
}

static int host_eject(const auth_host_t *host, const char *user, int count, const char *application, const char *machine) {
    (void)host;
    uint64_t slots[] = {ADDRESS(user), (uint64_t)(int64_t)count, ADDRESS(application), ADDRESS(machine)};
    return (int)ask_value(WIRE_HOST_EJECT, slots, -1);
}

static int host_invalidate(const auth_host_t *host, uint32_t scope, const char *name, auth_session_t session) {
    (void)host;
    return (int)ask_value(WIRE_HOST_INVALIDATE, (uint64_t[]){scope, ADDRESS(name), session}, -1);
}

static int64_t host_session_attribute(const auth_host_t *host, auth_session_t session, uint32_t attribute, char *buffer,
                                      size_t size) {
    (void)host;
    return ask_value(WIRE_HOST_ATTRIBUTE, (uint64_t[]){session, attribute, ADDRESS(buffer), buffer ? size : 0}, -1);
}

static int host_signature_check(const auth_host_t *host, const char *key, const char *token, const char *user, char *reason,
                                size_t size) {
    (void)host;
    uint64_t slots[] = {ADDRESS(key), ADDRESS(token), ADDRESS(user), ADDRESS(reason), reason ? size : 0};
    return (int)ask_value(WIRE_HOST_SIGNATURE, slots, AUTH_ERROR);
}

static int64_t host_object_get_value(const auth_host_t *host, const auth_object_6_ *object, const char *field,
                                     char *buffer, size_t size) {
    (void)host;
    // The name stands at one place in the objects of all generations.
    const char *name = object ? ((const object_t *)object)->name : NULL;
    return ask_value(WIRE_HOST_VALUE, (uint64_t[]){ADDRESS(name), ADDRESS(field), ADDRESS(buffer), buffer ? size : 0}, -1);
}

// Moves a text of the answer into what the module lends; "not given" where it does not fit.
static auth_string_t move(auth_string_t text, char **free_bytes, size_t *room) {
    if (!text.data || text.length >= *room) return (auth_string_t){"", 0};
    auth_string_t moved = {*free_bytes, text.length};
    memcpy(*free_bytes, text.data, text.length);
    (*free_bytes)[text.length] = 0;
    *free_bytes += text.length + 1;
    *room -= text.length + 1;
    return moved;
}

static int host_credential(const auth_host_t *host, const char *destination, const char *challenge, auth_result_t *result) {
    (void)host;
    size_t known = offsetof(auth_result_t, secret) + sizeof(auth_string_t);
    if (!result || result->size < known || !result->scratch) return AUTH_ERROR;
    auth_result_t answer = {.size = sizeof answer, .scratch_size = result->scratch_size, .scratch = result->scratch};
    struct asking asking = {0};
    int status = (int)ask(WIRE_HOST_CREDENTIAL, (uint64_t[]){ADDRESS(destination), ADDRESS(challenge), ADDRESS(&answer)},
                          AUTH_ERROR, &asking);
    char *free_bytes = result->scratch;
    size_t room = result->scratch_size;
    if (status == AUTH_OK) {
        result->user = move(answer.user, &free_bytes, &room);
        result->secret = move(answer.secret, &free_bytes, &room);
        result->expiry = answer.expiry;
        result->serial = answer.serial;
    } else {
        result->reason_log = move(answer.reason_log, &free_bytes, &room);
    }
    drop(&asking);
    return status;
}

static void host_credential_completed(const auth_host_t *host, const char *destination, uint32_t serial, int outcome) {
    (void)host;
    ask_value(WIRE_HOST_COMPLETED, (uint64_t[]){ADDRESS(destination), serial, (uint64_t)(int64_t)outcome}, 0);
}

static int host_eject_session(const auth_host_t *host, auth_session_t session) {
    (void)host;
    return (int)ask_value(WIRE_HOST_EJECT_SESSION, (uint64_t[]){session}, -1);
}

static int host_trusts_owner(const auth_host_t *host, uint32_t user) {
    (void)host;
    return (int)ask_value(WIRE_HOST_TRUSTS, (uint64_t[]){user}, 0);
}

static int host_rules_state(const auth_host_t *host, uint32_t state, const char *reason) {
    (void)host;
    return (int)ask_value(WIRE_HOST_RULES, (uint64_t[]){state, ADDRESS(reason)}, -1);
}

static const void *host_get_extension(const auth_host_t *host, const char *id) {
    (void)host;
    static auth_about_t about = {sizeof about, 0, {"authhost", 8}, {NULL, 0}};
    if (!id || strcmp(id, AUTH_EXTENSION_ABOUT) != 0) return NULL;
    about.version = (auth_string_t){start.host_version, strlen(start.host_version)};
    return &about;
}

const auth_host_t *host_table(void) {
    static auth_host_t table = {
        .size = sizeof table, .generation = 9, .log = host_log, .option = host_option, .time = host_time,
        .monotonic_time = host_monotonic_time, .complete = host_complete, .pending = host_pending, .event = host_event,
        .eject = host_eject, .invalidate = host_invalidate, .session_attribute = host_session_attribute,
        .signature_check = host_signature_check, .object_get_value = host_object_get_value,
        .credential = host_credential, .credential_completed = host_credential_completed,
        .eject_session = host_eject_session, .trusts_owner = host_trusts_owner, .rules_state = host_rules_state,
        .get_extension = host_get_extension,
    };
    table.draft = start.draft;
    return &table;
}
