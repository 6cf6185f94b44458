#define _GNU_SOURCE
#include "remote.h"

#include <authhost/status.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// MARK: records of the helper

enum ring_result helper_take(cffi_helper *helper, struct message **message) {
    uint8_t *bytes;
    size_t length;
    enum ring_result found = ring_take(&helper->returns, &bytes, &length);
    if (found != RING_DONE) return found;
    struct message *taken = calloc(1, sizeof *taken);
    if (!taken || !wire_open(&taken->in, bytes, length, &taken->head)) {
        free(bytes);
        free(taken);
        return RING_BROKEN;
    }
    *message = taken;
    return RING_DONE;
}

void helper_drop(struct message *message) {
    explicit_bzero(message->in.bytes, message->in.length);
    free(message->in.bytes);
    free(message);
}

static void announce(struct waiting *call) {
    atomic_fetch_add(&call->news, 1);
    ring_rouse(&call->news, 1);
}

// Gives a record to the call that it belongs to; false where there is none.
static bool hand_over(cffi_helper *helper, struct message *message) {
    pthread_mutex_lock(&helper->lock);
    struct waiting *call = helper->waiting;
    while (call && call->number != message->head.call) call = call->next;
    if (call) {
        message->next = NULL;
        *call->last = message;
        call->last = &message->next;
        announce(call);
    }
    pthread_mutex_unlock(&helper->lock);
    return call != NULL;
}

// MARK: serving

static void dispatch(cffi_helper *helper, struct message *message) {
    wire_head head = message->head;
    if (head.kind == WIRE_RETURN || (head.kind == WIRE_ASK && head.call != 0)) {
        if (hand_over(helper, message)) return;
        helper_drop(message);
        helper_fault(helper, "it answered call %llu, which waits for nothing", (unsigned long long)head.call);
    } else if (head.kind != WIRE_ASK) {
        helper_drop(message);
        helper_fault(helper, "it wrote a record of kind %u", head.kind);
    } else if (head.number == WIRE_HOST_SIGNATURE || head.number == WIRE_HOST_CREDENTIAL) {
        helper_answer_aside(helper, message);
    } else {
        helper_answer(helper, message);
    }
}

// Lets every call return without an answer.
static void end_calls(cffi_helper *helper) {
    pthread_mutex_lock(&helper->lock);
    helper->has_ended = true;
    for (struct waiting *call = helper->waiting; call; call = call->next) {
        helper->in_flight[call->entry]++;
        announce(call);
    }
    pthread_mutex_unlock(&helper->lock);
}

void cffi_helper_serve(cffi_helper *helper) {
    bool is_broken = false;
    for (;;) {
        bool is_last = atomic_load(&helper->is_dead);
        struct message *message;
        enum ring_result found = is_broken ? RING_EMPTY : helper_take(helper, &message);
        if (found == RING_DONE) {
            dispatch(helper, message);
            continue;
        }
        if (found == RING_BROKEN) {
            is_broken = true;
            helper_fault(helper, "it wrote a malformed record into its ring");
        }
        // What it had answered before it ended counts.
        if (is_last) break;
        bool is_busy = atomic_load(&helper->in_flight_now) > 0;
        ring_await_record(&helper->returns, is_busy ? ring_turns() : 0, 100000000);
    }
    end_calls(helper);
    // After this no thread uses the rings and the host's table.
    while (atomic_load(&helper->slow) > 0) nanosleep(&(struct timespec){0, 1000000}, NULL);
    sem_post(&helper->served);
}

// MARK: calling

static pthread_key_t reply_key;
static pthread_once_t reply_once = PTHREAD_ONCE_INIT;
static void drop_reply(void *message) { helper_drop(message); }
static void make_reply_key(void) { pthread_key_create(&reply_key, drop_reply); }

// Keeps the last answer of this thread, in which texts of records lie.
static void keep_reply(struct message *message) {
    pthread_once(&reply_once, make_reply_key);
    struct message *before = pthread_getspecific(reply_key);
    if (before) helper_drop(before);
    pthread_setspecific(reply_key, message);
}

static bool begin(cffi_helper *helper, struct waiting *call) {
    pthread_mutex_lock(&helper->lock);
    bool is_open = !helper->has_ended;
    if (is_open) {
        call->number = ++helper->last_number;
        call->next = helper->waiting;
        helper->waiting = call;
        atomic_fetch_add(&helper->in_flight_now, 1);
    }
    pthread_mutex_unlock(&helper->lock);
    return is_open;
}

static void leave(cffi_helper *helper, struct waiting *call) {
    pthread_mutex_lock(&helper->lock);
    struct waiting **place = &helper->waiting;
    while (*place != call) place = &(*place)->next;
    *place = call->next;
    atomic_fetch_sub(&helper->in_flight_now, 1);
    pthread_mutex_unlock(&helper->lock);
    for (struct message *message = call->first, *next; message; message = next) {
        next = message->next;
        helper_drop(message);
    }
}

// The next record for a call; NULL when the helper has ended.
static struct message *await(cffi_helper *helper, struct waiting *call) {
    for (int turn = 0;; turn++) {
        uint32_t news = atomic_load(&call->news);
        if (turn < ring_turns() && news == 0) {
            ring_pause();
            continue;
        }
        pthread_mutex_lock(&helper->lock);
        struct message *message = call->first;
        bool has_ended = helper->has_ended;
        if (message) {
            call->first = message->next;
            if (!call->first) call->last = &call->first;
        }
        pthread_mutex_unlock(&helper->lock);
        if (message || has_ended) return message;
        ring_sleep(&call->news, news, 1000000000);
    }
}

int cffi_helper_call(cffi_helper *helper, uint32_t entry, const uint64_t *arguments, int64_t due, int64_t *result) {
    struct waiting call = {.entry = entry, .due = due};
    call.last = &call.first;
    const char *shape = helper->shapes[entry];
    if (!begin(helper, &call)) return CFFI_CALL_ENDED;
    wire_out out;
    wire_begin(&out, (wire_head){WIRE_CALL, entry, call.number, 0, 0});
    wire_pack(&out, shape, arguments);
    int outcome = out.failed ? CFFI_CALL_TOO_LARGE : CFFI_CALL_DONE;
    if (!out.failed) {
        pthread_mutex_lock(&helper->sending);
        enum ring_result put = ring_put(&helper->calls, out.bytes, out.length);
        pthread_mutex_unlock(&helper->sending);
        if (put == RING_FULL) outcome = CFFI_CALL_FULL;
        if (put == RING_BROKEN) {
            helper_fault(helper, "it says that it has taken more than it was given");
            outcome = CFFI_CALL_ENDED;
        }
    }
    wire_finish(&out);
    while (outcome == CFFI_CALL_DONE) {
        struct message *message = await(helper, &call);
        if (!message) {
            outcome = CFFI_CALL_ENDED;
        } else if (message->head.kind == WIRE_ASK) {
            helper_answer(helper, message);
        } else if (message->head.ask != WIRE_WITHOUT_RESULTS && !wire_unpack_results(&message->in, shape, arguments)) {
            keep_reply(message);
            helper_fault(helper, "it sent a malformed answer from `%s`", helper->start.entries[entry].name);
            outcome = CFFI_CALL_ENDED;
        } else {
            *result = message->head.value;
            keep_reply(message);
            break;
        }
    }
    leave(helper, &call);
    return outcome;
}

void cffi_helper_close(cffi_helper *helper) {
    wire_out out;
    wire_begin(&out, (wire_head){.kind = WIRE_END});
    pthread_mutex_lock(&helper->sending);
    enum ring_result put = ring_put(&helper->calls, out.bytes, out.length);
    pthread_mutex_unlock(&helper->sending);
    wire_finish(&out);
    if (put != RING_DONE) cffi_helper_kill(helper);
}

// MARK: shapes

bool cffi_shape_of(const char *name, uint32_t version, const char *signature, cffi_shape *shape) {
    return wire_entry_shape(name, version, signature, shape->letters);
}

uint64_t cffi_call_session(const cffi_shape *shape, const uint64_t *arguments) {
    return wire_session(shape->letters, arguments);
}

int64_t cffi_call_deadline(const cffi_shape *shape, const uint64_t *arguments) {
    return wire_deadline(shape->letters, arguments);
}

int64_t cffi_call_failed(const cffi_shape *shape, const uint64_t *arguments, int failure) {
    static const char *const reasons[] = {
        [CFFI_CALL_DONE] = "", [CFFI_CALL_ENDED] = "the helper process of the module has ended",
        [CFFI_CALL_FULL] = "the queue to the helper process of the module is full",
        [CFFI_CALL_TOO_LARGE] = "the question is larger than the queue to the helper process of the module takes",
    };
    const auth_string_t reason = {reasons[failure], strlen(reasons[failure])};
    const char *rows = strchr(shape->letters, 'r'), *one = strchr(shape->letters, 'R');
    if (rows) {
        // A batch was asked, and each of its rows is in error: the number of rows stands before them.
        auth_result_t *const *results = (auth_result_t *const *)(uintptr_t)arguments[rows - shape->letters];
        uint64_t count = arguments[rows - shape->letters - 1];
        for (uint64_t row = 0; row < count; row++) {
            results[row]->status = AUTH_ERROR;
            results[row]->reason_log = reason;
        }
        return AUTH_OK;
    }
    if (one) ((auth_result_t *)(uintptr_t)arguments[one - shape->letters])->reason_log = reason;
    return AUTH_ERROR;
}
