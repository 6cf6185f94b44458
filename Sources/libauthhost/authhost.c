// libauthhost: a client keeps two threads. `connect_loop` makes connections, greets and logs on, and may block there;
// `io_loop` reads answers, writes what could not be written at once, and answers what is due. The state is under one lock;
// callbacks are called without it.
#define _GNU_SOURCE
#include "authhost.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    HELLO = 1, LOGON = 2, LOGOUT = 4, ANSWER = 0x80, FAULT = 0xFF, ENDED = 0xC1, INVALIDATED = 0xC2,
    LENGTH = 4, HEADER = 8, LONGEST_FRAME = 1 << 20, OLDEST_VERSION = 1, NEWEST_VERSION = 4, HAS_ATTRIBUTES = 1, HAS_DECISION = 2,
    CONNECT_MS = 5000, SLOWEST_RETRY_MS = 5000, QUICKEST_RETRY_MS = 50, LOGON_TRIES = 3, SECRET = 65536,
    MOST_TIMES_SENT = 2, MOST_UNSENT = 8 << 20,
};

// A growing run of bytes; `failed` when memory or a length was lacking: nothing of it is used then.
typedef struct bytes {
    unsigned char *data;
    size_t count, room;
    bool failed;
} bytes_t;

typedef struct request {
    struct request *next; // of its bucket
    uint32_t number;
    bool is_sent, may_repeat;
    unsigned times_sent;
    size_t heap_index;
    int64_t deadline;
    authhost_kind_t kind;
    bytes_t frame; // empty once sent, where it may not be repeated
    size_t attributes_at; // where the attributes begin in the frame, which earlier versions do not know; 0 without any
    void (*attribute)(void *context, size_t row, const char *name, const char *value);
    void *attribute_context;
    unsigned char *verdicts;
    size_t verdict_count;
    char *decision; // room for the names of its decisions; NULL where they are not wanted
    authhost_answered_fn *answered;
    void *context;
} request_t;

struct authhost {
    authhost_options_t options;
    char *address;
    pthread_mutex_t lock;
    pthread_cond_t wants_connection;
    pthread_t io, connector;
    pid_t owner; // the process that opened it: in a fork of it there are no threads, and the connection is not its own
    int wake; // eventfd that io_loop polls
    // Everything below is under the lock.
    bool is_closing, has_failed;
    int descriptor;  // of a connection that is ready, -1 for none
    unsigned version; // that the connection has agreed on
    bool has_answered; // whether a question was answered over it
    int handshaking; // of one that is being made, -1 for none
    uint32_t next_number;
    request_t **buckets;
    size_t bucket_count, pending;
    request_t **heap; // by deadline
    size_t heap_room;
    int64_t wakes_at; // when io_loop looks at deadlines without being woken
    bytes_t out;
    size_t out_start;
};

static int64_t now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// MARK: bytes

static void bytes_free(bytes_t *bytes) {
    if (bytes->data) explicit_bzero(bytes->data, bytes->room);
    free(bytes->data);
    *bytes = (bytes_t){0};
}

static void bytes_reserve(bytes_t *bytes, size_t more) {
    if (bytes->failed || bytes->room - bytes->count >= more) return;
    size_t room = bytes->room ? bytes->room : 128;
    while (room - bytes->count < more) room *= 2;
    // Not realloc: it would leave a copy of a secret behind.
    unsigned char *data = malloc(room);
    if (!data) {
        bytes->failed = true;
        return;
    }
    if (bytes->data) {
        memcpy(data, bytes->data, bytes->count);
        explicit_bzero(bytes->data, bytes->room);
        free(bytes->data);
    }
    bytes->data = data;
    bytes->room = room;
}

static void put(bytes_t *bytes, const void *data, size_t count) {
    bytes_reserve(bytes, count);
    if (bytes->failed || count == 0) return;
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

static void put_number(bytes_t *bytes, uint64_t number, size_t size) {
    unsigned char little[8];
    for (size_t i = 0; i < size; i++) little[i] = (unsigned char)(number >> (8 * i));
    put(bytes, little, size);
}

static void put_block(bytes_t *bytes, const void *data, size_t count) {
    if (count > UINT16_MAX) {
        bytes->failed = true;
        return;
    }
    put_number(bytes, count, 2);
    put(bytes, data, count);
}

static void put_name(bytes_t *bytes, const char *text) { put_block(bytes, text ? text : "", text ? strlen(text) : 0); }

// Whether bytes are UTF-8 (RFC 3629): neither overlong, nor surrogates, nor beyond U+10FFFF.
static bool is_utf8(const unsigned char *text) {
    while (*text) {
        unsigned first = *text++, more = first < 0x80 ? 0 : first < 0xC2 ? 4 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if (more == 4 || first > 0xF4) return false;
        unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80, most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        for (; more > 0; more--, text++, least = 0x80, most = 0xBF)
            if (*text < least || *text > most) return false;
    }
    return true;
}

// Characters that cannot be seen, which no module is told of: controls, formats, ends of lines, and those of private use.
static const uint32_t unseen[][2] = {
    {0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, {0x600, 0x605}, {0x61C, 0x61C}, {0x6DD, 0x6DD}, {0x70F, 0x70F},
    {0x890, 0x891}, {0x8E2, 0x8E2}, {0x180E, 0x180E}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
    {0xE000, 0xF8FF}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0001, 0xE007F}, {0xF0000, 0x10FFFF},
};

// Whether every character of a text, which is UTF-8, can be seen; the door knows those that nothing was assigned to as well.
static bool can_be_seen(const unsigned char *text) {
    while (*text) {
        uint32_t character = *text++, more = character < 0xC0 ? 0 : character < 0xE0 ? 1 : character < 0xF0 ? 2 : 3;
        if (more > 0) character &= 0x3F >> more;
        for (; more > 0; more--) character = character << 6 | (*text++ & 0x3F);
        for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
            if (character >= unseen[i][0] && character <= unseen[i][1]) return false;
    }
    return true;
}

// The other side ends the connection, with all questions on it, for a text that is not UTF-8.
static void put_text(bytes_t *bytes, const char *text) {
    if (text && !is_utf8((const unsigned char *)text)) bytes->failed = true;
    put_name(bytes, text);
}

static void begin_frame(bytes_t *bytes, unsigned type, unsigned flags, uint32_t number) {
    put_number(bytes, 0, LENGTH);
    put_number(bytes, type, 1);
    put_number(bytes, flags, 1);
    put_number(bytes, 0, 2);
    put_number(bytes, number, 4);
}

static void end_frame(bytes_t *bytes) {
    if (bytes->failed) return;
    size_t length = bytes->count - LENGTH;
    if (length > LONGEST_FRAME) bytes->failed = true;
    for (size_t i = 0; i < LENGTH; i++) bytes->data[i] = (unsigned char)(length >> (8 * i));
}

// Reads what was received; `ok` turns false, and everything read is 0, once something is missing.
typedef struct reader {
    const unsigned char *data;
    size_t count, position;
    bool ok;
} reader_t;

static const unsigned char *take(reader_t *reader, size_t count) {
    if (!reader->ok || reader->count - reader->position < count) {
        reader->ok = false;
        return NULL;
    }
    const unsigned char *data = reader->data + reader->position;
    reader->position += count;
    return data;
}

static uint64_t take_number(reader_t *reader, size_t size) {
    const unsigned char *data = take(reader, size);
    uint64_t number = 0;
    for (size_t i = 0; data && i < size; i++) number |= (uint64_t)data[i] << (8 * i);
    return number;
}

// Copies a text whose length has `size` bytes, with a NUL; a text that is longer than the room, or holds a NUL, is broken.
static void take_text(reader_t *reader, size_t size, char *text, size_t room) {
    size_t length = (size_t)take_number(reader, size);
    const unsigned char *data = take(reader, length);
    text[0] = 0;
    if (!data) return;
    if (length >= room || memchr(data, 0, length)) {
        reader->ok = false;
        return;
    }
    memcpy(text, data, length);
    text[length] = 0;
}

// MARK: requests

static void heap_place(authhost_t *client, size_t index, request_t *request) {
    client->heap[index] = request;
    request->heap_index = index;
}

static void heap_up(authhost_t *client, size_t index) {
    request_t *request = client->heap[index];
    while (index > 0 && client->heap[(index - 1) / 2]->deadline > request->deadline) {
        heap_place(client, index, client->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    heap_place(client, index, request);
}

static void heap_down(authhost_t *client, size_t index) {
    request_t *request = client->heap[index];
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= client->pending) break;
        if (child + 1 < client->pending && client->heap[child + 1]->deadline < client->heap[child]->deadline) child++;
        if (client->heap[child]->deadline >= request->deadline) break;
        heap_place(client, index, client->heap[child]);
        index = child;
    }
    heap_place(client, index, request);
}

static request_t **bucket(authhost_t *client, uint32_t number) {
    return &client->buckets[number & (client->bucket_count - 1)];
}

// Adds a request; false without memory for it.
static bool add(authhost_t *client, request_t *request) {
    if (client->pending == client->heap_room) {
        size_t room = client->heap_room * 2;
        request_t **heap = realloc(client->heap, room * sizeof *heap);
        if (!heap) return false;
        client->heap = heap;
        client->heap_room = room;
    }
    request_t **first = bucket(client, request->number);
    request->next = *first;
    *first = request;
    client->heap[client->pending] = request;
    client->pending++;
    heap_up(client, client->pending - 1);
    return true;
}

static void unlink_request(authhost_t *client, request_t *request) {
    request_t **link = bucket(client, request->number);
    while (*link != request) link = &(*link)->next;
    *link = request->next;
    request->next = NULL;
}

static void remove_request(authhost_t *client, request_t *request) {
    unlink_request(client, request);
    size_t index = request->heap_index;
    client->pending--;
    if (index == client->pending) return;
    request_t *moved = client->heap[client->pending];
    heap_place(client, index, moved);
    heap_down(client, index);
    heap_up(client, moved->heap_index);
}

static request_t *find(authhost_t *client, uint32_t number) {
    request_t *request = *bucket(client, number);
    while (request && request->number != number) request = request->next;
    return request;
}

static void request_free(request_t *request) {
    bytes_free(&request->frame);
    free(request);
}

// Answers a request that is in no table any more, and frees it. Called without the lock.
static void finish(request_t *request, const authhost_answer_t *answer) {
    if (request->verdicts && answer->verdict != AUTHHOST_ALLOW)
        memset(request->verdicts, answer->verdict, request->verdict_count);
    request->answered(request->context, answer);
    request_free(request);
}

static void refuse(request_t *list, const char *reason) {
    authhost_answer_t answer = {.verdict = AUTHHOST_UNDECIDED};
    strncpy(answer.reason, reason, sizeof answer.reason - 1);
    while (list) {
        request_t *next = list->next;
        list->next = NULL;
        finish(list, &answer);
        list = next;
    }
}

static void wake(authhost_t *client) {
    uint64_t one = 1;
    // A full counter wakes just the same.
    (void)!write(client->wake, &one, sizeof one);
}

// Writes what can be written without waiting; false when the connection is no good any more.
static bool flush(authhost_t *client) {
    while (client->out_start < client->out.count) {
        ssize_t sent = send(
            client->descriptor, client->out.data + client->out_start, client->out.count - client->out_start,
            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        // Secrets do not stay in the buffer.
        explicit_bzero(client->out.data + client->out_start, (size_t)sent);
        client->out_start += (size_t)sent;
    }
    client->out.count = client->out_start = 0;
    return true;
}

// The flag of a request that attributes follow; 0 for a kind that has none in a version.
static unsigned attributes_flag(authhost_kind_t kind, unsigned version) {
    switch (kind) {
    case AUTHHOST_QUESTION_LOGIN: return version >= 2 ? 4 : 0;
    case AUTHHOST_QUESTION_CHECK:
    case AUTHHOST_QUESTION_BATCH: return version >= 2 ? 1 : 0;
    case AUTHHOST_QUESTION_LOGOUT:
    case AUTHHOST_QUESTION_MAP: return version >= 4 ? 1 : 0;
    default: return 0;
    }
}

// Puts a request's frame behind what goes out, without its attributes where the other side does not know them.
static void put_frame(authhost_t *client, const request_t *request) {
    if (request->attributes_at == 0 || attributes_flag(request->kind, client->version)) {
        put(&client->out, request->frame.data, request->frame.count);
        return;
    }
    size_t start = client->out.count, length = request->attributes_at - LENGTH;
    put(&client->out, request->frame.data, request->attributes_at);
    if (client->out.failed) return;
    for (size_t i = 0; i < LENGTH; i++) client->out.data[start + i] = (unsigned char)(length >> (8 * i));
    client->out.data[start + LENGTH + 1] &= (unsigned char)~attributes_flag(request->kind, NEWEST_VERSION);
}

// Queues a request's frame on the connection that is ready.
static void queue(authhost_t *client, request_t *request) {
    if (client->out_start > MOST_UNSENT / 8) {
        client->out.count -= client->out_start;
        memmove(client->out.data, client->out.data + client->out_start, client->out.count);
        client->out_start = 0;
    }
    put_frame(client, request);
    request->is_sent = true;
    // A question with which two connections have ended is not tried on a third.
    if (++request->times_sent == MOST_TIMES_SENT) request->may_repeat = false;
    if (!request->may_repeat) bytes_free(&request->frame);
}

// MARK: asking

static bool is_action(unsigned action) { return action >= 1 && action <= 3; }

static bool is_attribute_text(const char *text, size_t least, size_t most) {
    size_t length = text ? strlen(text) : 0;
    if (length < least || length > most) return false;
    return !text || (is_utf8((const unsigned char *)text) && can_be_seen((const unsigned char *)text));
}

// Appends what the program knows besides, behind a flag of the frame; false for what no module may see.
static bool put_attributes(request_t *request, const authhost_question_t *question) {
    bytes_t *frame = &request->frame;
    unsigned flag = attributes_flag(question->kind, NEWEST_VERSION);
    if (question->attribute_count > 64 || flag == 0 || frame->failed) return false;
    frame->data[LENGTH + 1] |= (unsigned char)flag;
    request->attributes_at = frame->count;
    put_number(frame, question->attribute_count, 2);
    for (size_t i = 0; i < question->attribute_count; i++) {
        const authhost_field_t *attribute = &question->attributes[i];
        if (!is_attribute_text(attribute->name, 1, 255) || !is_attribute_text(attribute->value, 0, 4095)) return false;
        put_name(frame, attribute->name);
        put_name(frame, attribute->value);
    }
    return true;
}

static bool encode(request_t *request, const authhost_question_t *question) {
    bytes_t *frame = &request->frame;
    begin_frame(frame, question->kind, question->kind == AUTHHOST_QUESTION_LOGIN ? question->flags : 0, request->number);
    if (question->kind != AUTHHOST_QUESTION_LOGIN) put(frame, question->session.bytes, 16);
    switch (question->kind) {
    case AUTHHOST_QUESTION_LOGIN:
        if (question->flags & ~(AUTHHOST_RESUME | AUTHHOST_BOUND)) return false;
        put_text(frame, question->user);
        put_name(frame, question->password);
        put_text(frame, question->address);
        put_text(frame, question->application_id);
        put_text(frame, question->machine_id);
        break;
    case AUTHHOST_QUESTION_LOGOUT:
    case AUTHHOST_QUESTION_WATCH: break;
    case AUTHHOST_QUESTION_MAP: put_name(frame, question->name); break;
    case AUTHHOST_QUESTION_CHECK:
        if (question->field_count > 1024 || !is_action(question->action)) return false;
        put_number(frame, question->action, 1);
        put_name(frame, question->name);
        put_text(frame, question->contribution_id);
        put_number(frame, question->field_count, 2);
        for (size_t i = 0; i < question->field_count; i++) {
            put_text(frame, question->fields[i].name);
            put_text(frame, question->fields[i].value);
        }
        break;
    case AUTHHOST_QUESTION_BATCH:
        if (!question->verdicts) return false;
        // Before anything else can be wrong: what stood there is no answer.
        request->verdicts = question->verdicts;
        request->verdict_count = question->check_count;
        memset(request->verdicts, AUTHHOST_UNDECIDED, request->verdict_count);
        if (question->check_count < 1 || question->check_count > 1000) return false;
        put_number(frame, question->check_count, 2);
        for (size_t i = 0; i < question->check_count; i++) {
            if (!is_action(question->checks[i].action)) return false;
            put_number(frame, question->checks[i].action, 1);
            put_name(frame, question->checks[i].name);
        }
        break;
    default: return false;
    }
    if (question->attribute_count > 0 && !put_attributes(request, question)) return false;
    end_frame(frame);
    return !frame->failed;
}

// The question as this version of the library has it; one of a program that was built with an earlier version has less.
static bool widen(authhost_question_t *wide, const authhost_question_t *question) {
    size_t first = offsetof(authhost_question_t, attributes), second = offsetof(authhost_question_t, decision);
    memset(wide, 0, sizeof *wide);
    if (question->size != first && question->size != second && question->size != sizeof *wide) return false;
    memcpy(wide, question, question->size);
    return true;
}

void authhost_ask(
    authhost_t *client, const authhost_question_t *asked, authhost_answered_fn *answered, void *context) {
    const char *problem = NULL;
    authhost_question_t wide, *question = &wide;
    bool is_question = widen(&wide, asked);
    request_t *request = calloc(1, sizeof *request);
    if (!request) {
        authhost_answer_t answer = {.verdict = AUTHHOST_UNDECIDED, .reason = "no-memory"};
        if (question->verdicts) memset(question->verdicts, AUTHHOST_UNDECIDED, question->check_count);
        answered(context, &answer);
        return;
    }
    request->answered = answered;
    request->context = context;
    request->kind = question->kind;
    request->attribute = question->attribute;
    request->attribute_context = question->attribute_context;
    request->decision = question->decision;
    size_t decisions = question->kind == AUTHHOST_QUESTION_BATCH ? question->check_count : 1;
    for (size_t i = 0; request->decision && i < decisions; i++) request->decision[i * AUTHHOST_DECISION_SIZE] = 0;
    request->may_repeat = question->kind != AUTHHOST_QUESTION_LOGIN && question->kind != AUTHHOST_QUESTION_LOGOUT;
    int timeout = question->timeout_ms > 0 ? question->timeout_ms : client->options.timeout_ms;
    request->deadline = now_ms() + timeout;
    if (!is_question || !encode(request, question)) problem = "bad-question";
    if (client->owner != getpid()) {
        refuse(request, problem ? problem : "closed");
        return;
    }

    pthread_mutex_lock(&client->lock);
    bool wakes = false;
    if (problem) {
    } else if (client->is_closing) {
        problem = "closed";
    } else if (client->pending >= (size_t)client->options.most_pending || client->out.count - client->out_start > MOST_UNSENT) {
        problem = "too-many";
    } else if (client->options.fails_fast && client->descriptor < 0 && client->has_failed) {
        problem = "away";
    } else {
        do request->number = ++client->next_number;
        while (request->number == 0 || find(client, request->number));
        for (size_t i = 0; i < 4; i++) request->frame.data[LENGTH + 4 + i] = (unsigned char)(request->number >> (8 * i));
        if (!add(client, request)) {
            problem = "no-memory";
        } else {
            if (client->descriptor >= 0) {
                queue(client, request);
                // What could not be written is for io_loop, and so is a connection that is no good.
                if (client->out.failed || !flush(client) || client->out.count > 0) wakes = true;
            }
            if (request->deadline < client->wakes_at) wakes = true;
        }
    }
    pthread_mutex_unlock(&client->lock);
    if (wakes) wake(client);
    if (problem) refuse(request, problem);
}

typedef struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    authhost_answer_t *answer;
} waiting_t;

static void waited(void *context, const authhost_answer_t *answer) {
    waiting_t *waiting = context;
    pthread_mutex_lock(&waiting->lock);
    *waiting->answer = *answer;
    waiting->is_done = true;
    pthread_cond_signal(&waiting->done);
    pthread_mutex_unlock(&waiting->lock);
}

void authhost_wait(authhost_t *client, const authhost_question_t *question, authhost_answer_t *answer) {
    waiting_t waiting = {.answer = answer};
    pthread_mutex_init(&waiting.lock, NULL);
    pthread_cond_init(&waiting.done, NULL);
    authhost_ask(client, question, waited, &waiting);
    pthread_mutex_lock(&waiting.lock);
    while (!waiting.is_done) pthread_cond_wait(&waiting.done, &waiting.lock);
    pthread_mutex_unlock(&waiting.lock);
    pthread_cond_destroy(&waiting.done);
    pthread_mutex_destroy(&waiting.lock);
}

// MARK: answers

// Reads the attributes of an answer, which end it, and gives them to `request` where there is one.
static bool read_attributes(reader_t *reader, const request_t *request, bool is_batch) {
    char name[256], value[4096];
    uint64_t count = take_number(reader, is_batch ? 4 : 2);
    for (; reader->ok && count > 0; count--) {
        size_t row = is_batch ? (size_t)take_number(reader, 2) : 0;
        take_text(reader, 2, name, sizeof name);
        take_text(reader, 2, value, sizeof value);
        if (reader->ok && request && request->attribute) request->attribute(request->attribute_context, row, name, value);
    }
    return reader->ok && reader->position == reader->count;
}

// Reads which decisions an answer tells, where its flag says so: two numbers for each, which are 0 for none.
static void read_decisions(reader_t *reader, const request_t *request) {
    size_t count = request->kind == AUTHHOST_QUESTION_BATCH ? request->verdict_count : 1;
    for (size_t i = 0; i < count; i++) {
        uint64_t high = take_number(reader, 8), low = take_number(reader, 8);
        if (!request->decision || !reader->ok || (high | low) == 0) continue;
        char *text = request->decision + i * AUTHHOST_DECISION_SIZE;
        snprintf(text, AUTHHOST_DECISION_SIZE, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
    }
}

// Reads what ends an answer: decisions and attributes, where its flags say so. No attribute is given before all of them are known
// to be whole.
static bool read_end(reader_t *reader, const request_t *request, unsigned flags) {
    if (flags & HAS_DECISION) read_decisions(reader, request);
    if (!(flags & HAS_ATTRIBUTES)) return reader->ok && reader->position == reader->count;
    bool is_batch = request->kind == AUTHHOST_QUESTION_BATCH;
    reader_t ahead = *reader;
    return read_attributes(&ahead, NULL, is_batch) && read_attributes(reader, request, is_batch);
}

// Reads an answer to a request; false when it is not one.
static bool read_answer(reader_t *reader, request_t *request, unsigned flags, authhost_answer_t *answer) {
    if (request->kind == AUTHHOST_QUESTION_BATCH) {
        if (take_number(reader, 2) != request->verdict_count) return false;
        for (size_t i = 0; i < request->verdict_count; i++) {
            unsigned verdict = (unsigned)take_number(reader, 1);
            take_text(reader, 1, answer->reason, sizeof answer->reason);
            bool is_verdict = verdict >= AUTHHOST_ALLOW && verdict <= AUTHHOST_UNDECIDED;
            request->verdicts[i] = (unsigned char)(reader->ok && is_verdict ? verdict : AUTHHOST_UNDECIDED);
        }
        answer->verdict = AUTHHOST_ALLOW;
        strcpy(answer->reason, "granted");
        return read_end(reader, request, flags);
    }
    unsigned verdict = (unsigned)take_number(reader, 1);
    if (verdict < AUTHHOST_ALLOW || verdict > AUTHHOST_UNDECIDED) return false;
    take_text(reader, 1, answer->reason, sizeof answer->reason);
    take_text(reader, 2, answer->text, sizeof answer->text);
    if (verdict == AUTHHOST_ALLOW && request->kind == AUTHHOST_QUESTION_LOGIN) {
        const unsigned char *session = take(reader, 16);
        if (session) memcpy(answer->session.bytes, session, 16);
        take_text(reader, 2, answer->user, sizeof answer->user);
    }
    if (verdict == AUTHHOST_ALLOW && request->kind == AUTHHOST_QUESTION_MAP)
        take_text(reader, 2, answer->name, sizeof answer->name);
    answer->verdict = (authhost_verdict_t)verdict;
    return read_end(reader, request, flags);
}

static bool push_event(authhost_t *client, unsigned type, reader_t *reader) {
    char text[65536];
    authhost_event_t event = {.text = text};
    text[0] = 0;
    if (type == ENDED) {
        event.kind = AUTHHOST_SESSION_ENDED;
        const unsigned char *session = take(reader, 16);
        if (session) memcpy(event.session.bytes, session, 16);
        event.number = (unsigned)take_number(reader, 1);
    } else {
        event.kind = AUTHHOST_INVALIDATED;
        event.number = (unsigned)take_number(reader, 1);
        if (event.number == 2) {
            const unsigned char *session = take(reader, 16);
            if (session) memcpy(event.session.bytes, session, 16);
        } else if (event.number == 1 || event.number == 3) {
            take_text(reader, 2, text, sizeof text);
        }
    }
    if (!reader->ok) return false;
    if (client->options.event) client->options.event(client->options.context, &event);
    return true;
}

// Ends the session of a log-in that no caller waits for any more. No caller waits for the answer to this either.
static void log_out_late(authhost_t *client, reader_t *reader) {
    if (take_number(reader, 1) != AUTHHOST_ALLOW) return;
    take(reader, (size_t)take_number(reader, 1)); // reason
    take(reader, (size_t)take_number(reader, 2)); // text
    const unsigned char *session = take(reader, 16);
    if (!session || client->descriptor < 0) return;
    do ++client->next_number;
    while (client->next_number == 0 || find(client, client->next_number));
    size_t start = client->out.count;
    begin_frame(&client->out, LOGOUT, 0, client->next_number);
    put(&client->out, session, 16);
    if (!client->out.failed) client->out.data[start] = HEADER + 16;
}

// Takes one frame, without its length; false when it breaks the protocol or ends the connection.
static bool take_frame(authhost_t *client, const unsigned char *data, size_t count) {
    reader_t reader = {data, count, 0, true};
    unsigned type = (unsigned)take_number(&reader, 1);
    unsigned flags = (unsigned)take_number(&reader, 1);
    take_number(&reader, 2);
    uint32_t number = (uint32_t)take_number(&reader, 4);
    if (!reader.ok || type == FAULT) return false;
    if (type == ENDED || type == INVALIDATED) return push_event(client, type, &reader);
    pthread_mutex_lock(&client->lock);
    request_t *request = find(client, number);
    // No caller waits for the answer to a question that was given up, but a session that it opened would hold its user's place.
    if (!request) {
        if (type == (AUTHHOST_QUESTION_LOGIN | ANSWER)) log_out_late(client, &reader);
        pthread_mutex_unlock(&client->lock);
        return true;
    }
    bool fits = request->is_sent && type == ((unsigned)request->kind | ANSWER);
    if (fits) {
        remove_request(client, request);
        client->has_answered = true;
    }
    pthread_mutex_unlock(&client->lock);
    if (!fits) return false;
    authhost_answer_t answer;
    memset(&answer, 0, offsetof(authhost_answer_t, session) + sizeof answer.session);
    answer.user[0] = answer.name[0] = 0;
    if (read_answer(&reader, request, flags, &answer)) {
        finish(request, &answer);
        return true;
    }
    refuse(request, "broken-answer");
    return false;
}

// MARK: connections

// Gives a connection up; what was sent and may not be repeated is answered, the rest waits for the next one.
static void disconnect(authhost_t *client, const char *why) {
    request_t *lost = NULL;
    pthread_mutex_lock(&client->lock);
    if (client->descriptor >= 0) close(client->descriptor);
    client->descriptor = -1;
    bytes_free(&client->out);
    client->out_start = 0;
    size_t kept = 0;
    for (size_t i = 0; i < client->pending; i++) {
        request_t *request = client->heap[i];
        if (request->is_sent && !request->may_repeat) {
            unlink_request(client, request);
            request->next = lost;
            lost = request;
        } else {
            request->is_sent = false;
            heap_place(client, kept++, request);
        }
    }
    client->pending = kept;
    for (size_t i = kept / 2; i-- > 0;) heap_down(client, i);
    pthread_cond_signal(&client->wants_connection);
    pthread_mutex_unlock(&client->lock);
    refuse(lost, "away");
    authhost_event_t event = {.kind = AUTHHOST_DISCONNECTED, .text = why};
    if (client->options.event) client->options.event(client->options.context, &event);
}

// Answers what is due; returns how long to wait before looking again, in milliseconds: never longer than a question may
// take, so that a new one of the usual time-out need not wake the thread.
static int answer_due(authhost_t *client) {
    request_t *due = NULL;
    int64_t now = now_ms();
    pthread_mutex_lock(&client->lock);
    while (client->pending > 0 && client->heap[0]->deadline <= now) {
        request_t *request = client->heap[0];
        remove_request(client, request);
        request->next = due;
        due = request;
    }
    int64_t wait = client->options.timeout_ms;
    if (client->pending > 0 && client->heap[0]->deadline - now < wait) wait = client->heap[0]->deadline - now;
    client->wakes_at = now + wait;
    pthread_mutex_unlock(&client->lock);
    refuse(due, "deadline");
    return (int)wait;
}

static void *io_loop(void *argument) {
    authhost_t *client = argument;
    bytes_t in = {0};
    for (;;) {
        int wait = answer_due(client);
        pthread_mutex_lock(&client->lock);
        bool is_closing = client->is_closing;
        int descriptor = client->descriptor;
        bool is_broken = descriptor >= 0 && (client->out.failed || !flush(client));
        bool writes = descriptor >= 0 && client->out.count > 0;
        pthread_mutex_unlock(&client->lock);
        if (is_closing) break;
        if (is_broken) {
            in.count = 0;
            disconnect(client, "what was asked could not be sent");
            continue;
        }
        struct pollfd polled[2] = {
            {client->wake, POLLIN, 0}, {descriptor, (short)(POLLIN | (writes ? POLLOUT : 0)), 0}};
        if (poll(polled, descriptor >= 0 ? 2 : 1, wait) < 0) continue;
        if (polled[0].revents) {
            uint64_t count;
            (void)!read(client->wake, &count, sizeof count);
        }
        if (descriptor < 0 || !(polled[1].revents & (POLLIN | POLLERR | POLLHUP))) continue;
        bytes_reserve(&in, 65536);
        ssize_t got = in.failed ? 0 : recv(descriptor, in.data + in.count, in.room - in.count, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        bool is_good = got > 0;
        if (is_good) in.count += (size_t)got;
        size_t start = 0;
        while (is_good && in.count - start >= LENGTH) {
            reader_t reader = {in.data + start, LENGTH, 0, true};
            size_t length = (size_t)take_number(&reader, LENGTH);
            if (length < HEADER || length > LONGEST_FRAME) {
                is_good = false;
            } else if (in.count - start - LENGTH < length) {
                break;
            } else {
                is_good = take_frame(client, in.data + start + LENGTH, length);
                start += LENGTH + length;
            }
        }
        if (is_good) {
            memmove(in.data, in.data + start, in.count - start);
            in.count -= start;
        } else {
            // The next connection begins with nothing of this one, whatever its descriptor.
            bytes_free(&in);
            disconnect(client, got > 0 ? "the other side broke the protocol" : "the other side closed the connection");
        }
    }
    bytes_free(&in);
    return NULL;
}

static int connect_within(int descriptor, const struct sockaddr *address, socklen_t length, int64_t deadline) {
    if (connect(descriptor, address, length) == 0) return 0;
    if (errno != EINPROGRESS) return -1;
    struct pollfd polled = {descriptor, POLLOUT, 0};
    int64_t left = deadline - now_ms();
    if (left <= 0 || poll(&polled, 1, (int)left) != 1) return -1;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0 ? 0 : -1;
}

static bool is_closing(authhost_t *client) {
    pthread_mutex_lock(&client->lock);
    bool closing = client->is_closing;
    pthread_mutex_unlock(&client->lock);
    return closing;
}

static uint32_t random_below(uint32_t limit) {
    uint32_t random = 0;
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
    return random % limit;
}

static int connect_unix(authhost_t *client, int64_t deadline) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(client->address) >= sizeof address.sun_path) return -1;
    strcpy(address.sun_path, client->address);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    for (;;) {
        if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
        // A full queue is the doing of others, and no failure of this client's: it waits for its turn.
        if (errno != EAGAIN || now_ms() >= deadline || is_closing(client)) break;
        poll(NULL, 0, 5 + (int)random_below(10));
    }
    close(descriptor);
    return -1;
}

static int connect_tcp(const char *text, int64_t deadline) {
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    if (!colon || length == 0 || length >= sizeof host) return -1;
    memcpy(host, text, length);
    host[length] = 0;
    char *name = host;
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = 0;
        name = host + 1;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(name, colon + 1, &hints, &found) != 0) return -1;
    int descriptor = -1;
    for (struct addrinfo *entry = found; entry && descriptor < 0; entry = entry->ai_next) {
        descriptor = socket(entry->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, entry->ai_protocol);
        if (descriptor < 0) continue;
        int one = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
        if (connect_within(descriptor, entry->ai_addr, entry->ai_addrlen, deadline) == 0) break;
        close(descriptor);
        descriptor = -1;
    }
    freeaddrinfo(found);
    return descriptor;
}

// Waits until a connection can be read or written; false at the deadline.
static bool ready(int descriptor, short events, int64_t deadline) {
    struct pollfd polled = {descriptor, events, 0};
    int64_t left = deadline - now_ms();
    return left > 0 && poll(&polled, 1, (int)left) == 1;
}

static bool write_all(int descriptor, const bytes_t *bytes, int64_t deadline) {
    if (bytes->failed) return false;
    for (size_t sent = 0; sent < bytes->count;) {
        ssize_t count = send(descriptor, bytes->data + sent, bytes->count - sent, MSG_NOSIGNAL);
        if (count > 0) {
            sent += (size_t)count;
        } else if (count == 0 || (errno != EAGAIN && errno != EINTR) || !ready(descriptor, POLLOUT, deadline)) {
            return false;
        }
    }
    return true;
}

static bool read_all(int descriptor, unsigned char *data, size_t count, int64_t deadline) {
    while (count > 0) {
        ssize_t got = recv(descriptor, data, count, 0);
        if (got > 0) {
            data += got;
            count -= (size_t)got;
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR) || !ready(descriptor, POLLIN, deadline)) {
            return false;
        }
    }
    return true;
}

// Reads the one frame that is expected while greeting, at most 4,096 bytes.
static bool read_frame(int descriptor, unsigned type, unsigned char *data, reader_t *reader, int64_t deadline) {
    if (!read_all(descriptor, data, LENGTH, deadline)) return false;
    reader_t head = {data, LENGTH, 0, true};
    size_t length = (size_t)take_number(&head, LENGTH);
    if (length < HEADER || length > 4096 || !read_all(descriptor, data, length, deadline)) return false;
    *reader = (reader_t){data, length, HEADER, true};
    return data[0] == (type | ANSWER);
}

// Agrees on a version; 0 where the other side speaks none that is known here.
static unsigned greet(int descriptor, int64_t deadline) {
    bytes_t frame = {0};
    begin_frame(&frame, HELLO, 1, 1);
    put_number(&frame, OLDEST_VERSION, 2);
    put_number(&frame, NEWEST_VERSION, 2);
    put_text(&frame, "libauthhost");
    end_frame(&frame);
    unsigned char data[4096];
    reader_t reader;
    unsigned version = 0;
    if (write_all(descriptor, &frame, deadline) && read_frame(descriptor, HELLO, data, &reader, deadline))
        version = (unsigned)take_number(&reader, 2);
    bytes_free(&frame);
    return version >= OLDEST_VERSION && version <= NEWEST_VERSION ? version : 0;
}

// Logs on, once more for each challenge; false when it was refused for good.
static bool log_on(authhost_t *client, int descriptor) {
    char challenge[512] = "", user[256];
    unsigned char *secret = malloc(SECRET);
    bool is_on = false;
    for (int round = 0; secret && !is_on && round < LOGON_TRIES; round++) {
        size_t length = 0;
        memset(user, 0, sizeof user);
        if (client->options.logon(client->options.context, round ? challenge : NULL, user, secret, &length) != 0) break;
        // A secret of 64 KiB is longer than a text of the protocol can be by one byte.
        if (length > UINT16_MAX || !memchr(user, 0, sizeof user)) break;
        bytes_t frame = {0};
        begin_frame(&frame, LOGON, 0, (uint32_t)round + 2);
        put_text(&frame, user);
        put_block(&frame, secret, length);
        end_frame(&frame);
        unsigned char data[4096];
        char reason[256];
        reader_t reader;
        int64_t deadline = now_ms() + CONNECT_MS * 6;
        bool is_answered = write_all(descriptor, &frame, deadline) && read_frame(descriptor, LOGON, data, &reader, deadline);
        bytes_free(&frame);
        explicit_bzero(secret, SECRET);
        if (!is_answered) break;
        unsigned verdict = (unsigned)take_number(&reader, 1);
        take_text(&reader, 1, reason, sizeof reason);
        take_text(&reader, 2, challenge, sizeof challenge);
        is_on = reader.ok && verdict == AUTHHOST_ALLOW;
        if (!challenge[0]) memcpy(challenge, reason, sizeof reason);
        // An undecided answer says nothing of the credentials.
        if (client->options.logged_on && (is_on || verdict == AUTHHOST_WRONG_CREDENTIALS))
            client->options.logged_on(client->options.context, is_on);
        if (!is_on && verdict != AUTHHOST_WRONG_CREDENTIALS) break;
    }
    explicit_bzero(user, sizeof user);
    if (secret) explicit_bzero(secret, SECRET);
    free(secret);
    return is_on;
}

// Makes a connection that questions can go out on; -1 for none, and why.
static int make_connection(authhost_t *client, unsigned *version, const char **why) {
    int64_t deadline = now_ms() + CONNECT_MS;
    int descriptor =
        client->address[0] == '/' ? connect_unix(client, deadline) : connect_tcp(client->address, deadline);
    *why = "no host answers at the address";
    if (descriptor < 0) return -1;
    pthread_mutex_lock(&client->lock);
    client->handshaking = descriptor;
    bool closing = client->is_closing;
    pthread_mutex_unlock(&client->lock);
    *version = closing ? 0 : greet(descriptor, deadline);
    bool good = *version != 0;
    *why = "the other side does not greet as a native door";
    if (good && client->options.logon) {
        good = log_on(client, descriptor);
        *why = "the log-on did not succeed";
    }
    pthread_mutex_lock(&client->lock);
    client->handshaking = -1;
    pthread_mutex_unlock(&client->lock);
    if (good) return descriptor;
    close(descriptor);
    return -1;
}

// Takes a connection into use: what waits goes out on it.
static void take_connection(authhost_t *client, int descriptor, unsigned version) {
    // A program that keeps answers forgets them before the first new one.
    authhost_event_t event = {.kind = AUTHHOST_CONNECTED, .text = client->address};
    if (client->options.event) client->options.event(client->options.context, &event);
    pthread_mutex_lock(&client->lock);
    client->descriptor = descriptor;
    client->version = version;
    client->has_answered = false;
    client->has_failed = false;
    for (size_t i = 0; i < client->pending; i++) queue(client, client->heap[i]);
    pthread_mutex_unlock(&client->lock);
    wake(client);
}

// How long to wait before the next try, in milliseconds: it grows by the tries of this client that came to nothing, and
// differs from that of others who were disconnected at the same moment.
static int64_t retry_pause(unsigned failures) {
    int64_t pause = QUICKEST_RETRY_MS;
    for (; failures > 0 && pause < SLOWEST_RETRY_MS; failures--) pause *= 2;
    if (pause > SLOWEST_RETRY_MS) pause = SLOWEST_RETRY_MS;
    return pause / 2 + random_below((uint32_t)(pause / 2 + 1));
}

static void *connect_loop(void *argument) {
    authhost_t *client = argument;
    unsigned failures = 0;
    bool is_first = true, had_one = false;
    int64_t begun = 0;
    pthread_mutex_lock(&client->lock);
    while (!client->is_closing) {
        if (client->descriptor >= 0) {
            pthread_cond_wait(&client->wants_connection, &client->lock);
            continue;
        }
        // A connection that is closed before it has been of use is no better than none.
        if (had_one) failures = client->has_answered || now_ms() - begun >= SLOWEST_RETRY_MS ? 0 : failures + 1;
        if (!is_first) {
            int64_t due = now_ms() + retry_pause(failures);
            struct timespec until = {due / 1000, due % 1000 * 1000000};
            while (!client->is_closing
                   && pthread_cond_timedwait(&client->wants_connection, &client->lock, &until) != ETIMEDOUT) {}
            if (client->is_closing) break;
        }
        is_first = false;
        pthread_mutex_unlock(&client->lock);
        const char *why = "";
        unsigned version = 0;
        int descriptor = make_connection(client, &version, &why);
        if (descriptor >= 0) {
            take_connection(client, descriptor, version);
        } else if (client->options.event) {
            authhost_event_t event = {.kind = AUTHHOST_CONNECT_FAILED, .text = why};
            client->options.event(client->options.context, &event);
        }
        pthread_mutex_lock(&client->lock);
        request_t *refused = NULL;
        begun = now_ms();
        had_one = descriptor >= 0;
        if (descriptor < 0) {
            failures++;
            client->has_failed = true;
            while (client->options.fails_fast && client->pending > 0) {
                request_t *request = client->heap[0];
                remove_request(client, request);
                request->next = refused;
                refused = request;
            }
        }
        if (refused) {
            pthread_mutex_unlock(&client->lock);
            refuse(refused, "away");
            pthread_mutex_lock(&client->lock);
        }
    }
    pthread_mutex_unlock(&client->lock);
    return NULL;
}

// MARK: the life of a client

static void client_free(authhost_t *client) {
    if (client->wake >= 0) close(client->wake);
    if (client->descriptor >= 0) close(client->descriptor);
    bytes_free(&client->out);
    free(client->buckets);
    free(client->heap);
    free(client->address);
    pthread_cond_destroy(&client->wants_connection);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

authhost_t *authhost_open(const authhost_options_t *options) {
    if (!options || options->size != sizeof *options || !options->address || !options->address[0]) {
        errno = EINVAL;
        return NULL;
    }
    authhost_t *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->options = *options;
    client->owner = getpid();
    if (client->options.timeout_ms <= 0) client->options.timeout_ms = 5000;
    if (client->options.most_pending <= 0) client->options.most_pending = 10000;
    client->descriptor = client->handshaking = -1;
    pthread_mutex_init(&client->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&client->wants_connection, &attributes);
    pthread_condattr_destroy(&attributes);
    client->address = strdup(options->address);
    client->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    client->bucket_count = 4096;
    client->buckets = calloc(client->bucket_count, sizeof *client->buckets);
    client->heap_room = 256;
    client->heap = calloc(client->heap_room, sizeof *client->heap);
    if (!client->address || client->wake < 0 || !client->buckets || !client->heap) {
        client_free(client);
        return NULL;
    }
    int error = pthread_create(&client->io, NULL, io_loop, client);
    if (!error) {
        error = pthread_create(&client->connector, NULL, connect_loop, client);
        if (error) {
            pthread_mutex_lock(&client->lock);
            client->is_closing = true;
            pthread_mutex_unlock(&client->lock);
            wake(client);
            pthread_join(client->io, NULL);
        }
    }
    if (error) {
        client_free(client);
        errno = error;
        return NULL;
    }
    return client;
}

static void *close_elsewhere(void *client) {
    authhost_close(client);
    return NULL;
}

void authhost_close(authhost_t *client) {
    if (!client) return;
    if (client->owner != getpid()) {
        // Only its copies of the descriptors belong to this process.
        if (client->descriptor >= 0) close(client->descriptor);
        if (client->handshaking >= 0) close(client->handshaking);
        close(client->wake);
        return;
    }
    pthread_t self = pthread_self(), closer;
    if (pthread_equal(self, client->io) || pthread_equal(self, client->connector)) {
        // A thread cannot wait for its own end. Without another one the client stays, which is better than its memory gone.
        if (pthread_create(&closer, NULL, close_elsewhere, client) == 0) pthread_detach(closer);
        return;
    }
    pthread_mutex_lock(&client->lock);
    client->is_closing = true;
    // Ends a handshake that waits.
    if (client->handshaking >= 0) shutdown(client->handshaking, SHUT_RDWR);
    pthread_cond_signal(&client->wants_connection);
    // This does not wait for a connector that waits for other code.
    request_t *left = NULL;
    while (client->pending > 0) {
        request_t *request = client->heap[0];
        remove_request(client, request);
        request->next = left;
        left = request;
    }
    pthread_mutex_unlock(&client->lock);
    refuse(left, "closed");
    wake(client);
    pthread_join(client->connector, NULL);
    pthread_join(client->io, NULL);
    client_free(client);
}

int authhost_is_connected(authhost_t *client) {
    if (client->owner != getpid()) return 0;
    pthread_mutex_lock(&client->lock);
    int connected = client->descriptor >= 0;
    pthread_mutex_unlock(&client->lock);
    return connected;
}
