#define _GNU_SOURCE
#include "helper_reader.h"

#include "remote.h"

#include <authhost/types6.h>

#include <authhost/entries9.h>
#include <stdlib.h>
#include <string.h>

// MARK: a host that reads all that it is given

static volatile unsigned sink;

static void look(const char *text) {
    for (; text && *text; text++) sink += (unsigned char)*text;
}

static void look_at(auth_string_t text) {
    for (size_t i = 0; text.data && i < text.length; i++) sink += (unsigned char)text.data[i];
}

static void look_into(const auth_result_t *result) {
    if (!result) return;
    look_at(result->reason_log);
    look_at(result->reason_client);
    look_at(result->user);
    look_at(result->mapped);
    look_at(result->explanation);
    look_at(result->secret);
    if (result->scratch) memset(result->scratch, 1, result->scratch_size);
    for (size_t i = 0; result->attributes && i < result->attribute_count && i < 64; i++) {
        if (!result->attributes[i]) continue;
        look_at(result->attributes[i]->name);
        look_at(result->attributes[i]->value);
    }
}

static void host_log(const auth_host_t *host, int severity, const char *text) { (void)host, (void)severity, look(text); }
static const char *host_option(const auth_host_t *host, const char *name, size_t index) {
    (void)host;
    look(name);
    return index % 2 ? "value" : NULL;
}
static int host_complete(const auth_host_t *host, auth_token_t token, int status, const auth_result_t *result) {
    (void)host, (void)token, (void)status;
    look_into(result);
    return 0;
}
static auth_token_t host_pending(const auth_host_t *host, const auth_session_6_ *session) { return (void)host, (void)session, 1; }
static void host_event(void *data, short event, short code) {
    (void)code;
    const mapinfo_t *map = data;
    if (event != THREADS_AUTH_MAPPED && event != THREADS_AUTH_CHECKWRITE) return;
    look(map->name);
    look(map->mapped);
}
static int host_eject(const auth_host_t *host, const char *user, int count, const char *application, const char *machine) {
    (void)host;
    look(user), look(application), look(machine);
    return count;
}
static int host_invalidate(const auth_host_t *host, uint32_t scope, const char *name, auth_session_t session) {
    (void)host, (void)scope, (void)session;
    look(name);
    return 0;
}
static int64_t fill(char *buffer, size_t size) {
    if (buffer && size) memset(buffer, 'x', size), buffer[size - 1] = 0;
    return (int64_t)size;
}
static int64_t host_attribute(const auth_host_t *host, auth_session_t session, uint32_t attribute, char *buffer, size_t size) {
    (void)host, (void)session, (void)attribute;
    return fill(buffer, size);
}
static int host_signature(const auth_host_t *host, const char *key, const char *token, const char *user, char *reason, size_t size) {
    (void)host;
    look(key), look(token), look(user);
    return (int)fill(reason, size);
}
static int64_t host_value(const auth_host_t *host, const auth_object_6_ *object, const char *field, char *buffer, size_t size) {
    (void)host;
    look_at(object->name), look(field);
    return fill(buffer, size);
}
static int host_credential(const auth_host_t *host, const char *destination, const char *challenge, auth_result_t *result) {
    (void)host;
    look(destination), look(challenge), look_into(result);
    return 1;
}
static void host_completed(const auth_host_t *host, const char *destination, uint32_t serial, int outcome) {
    (void)host, (void)serial, (void)outcome;
    look(destination);
}
static int host_eject_session(const auth_host_t *host, auth_session_t session) { return (void)host, (int)session; }
static int host_trusts(const auth_host_t *host, uint32_t user) { return (void)host, (int)user; }
static int host_rules(const auth_host_t *host, uint32_t state, const char *reason) {
    (void)host, (void)state;
    look(reason);
    return 0;
}

static const auth_host_t table = {
    .size = sizeof table, .generation = 9, .log = host_log, .option = host_option, .complete = host_complete,
    .pending = host_pending, .event = host_event, .eject = host_eject, .invalidate = host_invalidate,
    .session_attribute = host_attribute, .signature_check = host_signature, .object_get_value = host_value,
    .credential = host_credential, .credential_completed = host_completed, .eject_session = host_eject_session,
    .trusts_owner = host_trusts, .rules_state = host_rules,
};

// MARK: a helper that was never started

static cffi_helper helper;
static shared_memory *shared;

static void prepare(void) {
    static const cffi_helper_entry entries[] = {
        {"auth_check_read", "i(pCR)", 9, 0}, {"auth_check_batch", "i(pczr)", 9, 0}, {"auth_map_object", "i(ppppp)", 7, 0}};
    if (!shared) {
        shared = aligned_alloc(64, sizeof *shared);
        pthread_mutex_init(&helper.sending, NULL);
        pthread_mutex_init(&helper.lock, NULL);
        helper.shared = shared;
        helper.descriptor = -1;
        helper.table = &table;
        helper.start.entry_count = 3;
        memcpy(helper.start.entries, entries, sizeof entries);
        for (int i = 0; i < 3; i++) {
            wire_entry_shape(entries[i].name, entries[i].version, entries[i].signature, helper.shapes[i]);
        }
    }
    ring *rings[] = {&shared->calls, &shared->tells, &shared->returns};
    for (int i = 0; i < 3; i++) {
        rings[i]->written = rings[i]->taken = 0;
        rings[i]->reader_sleeps = rings[i]->writer_sleeps = 0;
    }
    helper.calls = (ring_end){&shared->calls, 0};
    helper.tells = (ring_end){&shared->tells, 0};
    helper.returns = (ring_end){&shared->returns, 0};
    *helper.fault = 0;
}

// What waits for an answer, and reads the one that it has got as cffi_helper_call() does.
static void receive(struct waiting *call) {
    static char name[4096], scratch[2][2048];
    int length = 4096;
    auth_result_t results[2] = {{.size = sizeof *results, .scratch = scratch[0], .scratch_size = 2048},
                                {.size = sizeof *results, .scratch = scratch[1], .scratch_size = 2048}};
    auth_result_t *rows[] = {&results[0], &results[1]};
    uint64_t slots[3][WIRE_PARAMETERS] = {{0, 0, (uintptr_t)results}, {0, 0, 2, (uintptr_t)rows},
                                          {0, 0, 0, (uintptr_t)name, (uintptr_t)&length}};
    for (struct message *message = call->first, *next; message; message = next) {
        next = message->next;
        if (message->head.kind == WIRE_ASK) {
            helper_answer(&helper, message);
            continue;
        }
        if (wire_unpack_results(&message->in, helper.shapes[call->entry], slots[call->entry])) {
            look_into(&results[0]);
            look_into(&results[1]);
        }
        if (results[0].size != sizeof *results || results[0].scratch != scratch[0]) abort();
        helper_drop(message);
    }
}

void helper_read(const uint8_t *data, size_t size) {
    if (size < 16) return;
    prepare();
    struct waiting calls[3];
    memset(calls, 0, sizeof calls);
    helper.waiting = NULL;
    for (uint32_t i = 0; i < 3; i++) {
        calls[i] = (struct waiting){.next = helper.waiting, .number = i + 1, .entry = i};
        calls[i].last = &calls[i].first;
        helper.waiting = &calls[i];
    }
    if (data[0] & 1) {
        uint64_t written;
        memcpy(&written, data + 8, sizeof written);
        memcpy(shared->returns.bytes, data + 16, size - 16);
        shared->returns.written = data[0] & 2 ? written : (size - 16) / 8 * 8;
    } else {
        // A record: a head of a kind and a call that there are, and what stands behind it.
        static uint8_t record[1 << 17];
        wire_head head = {data[1] % 8, data[2] % 20, data[3] % 5, data[4] % 3, (int8_t)data[5]};
        size_t count = size - 16 < sizeof record - sizeof head ? size - 16 : sizeof record - sizeof head;
        memcpy(record, &head, sizeof head);
        memcpy(record + sizeof head, data + 16, count);
        ring_end end = {&shared->returns, 0};
        ring_put(&end, record, sizeof head + count);
    }
    // Until nothing is left: then the host would wait for the end of the helper.
    helper.is_dead = true;
    cffi_helper_serve(&helper);
    while (sem_trywait(&helper.served) == 0) {}
    for (int i = 0; i < 3; i++) receive(&calls[i]);
    helper.has_ended = false;
}
