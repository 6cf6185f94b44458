// The library's own file, so that its reader is reached without a connection.
#include "../../../Sources/libauthhost/authhost.c"

#include "libauthhost_reader.h"

enum { QUESTIONS = 12, CHECKS = 3 };

typedef struct tally {
    unsigned answers[QUESTIONS + 1];
} tally_t;

static tally_t tally;

static void note(void *context, const authhost_answer_t *answer) {
    size_t index = (size_t)(uintptr_t)context;
    if (++tally.answers[index] != 1) abort();
    if (answer->verdict < AUTHHOST_ALLOW || answer->verdict > AUTHHOST_UNDECIDED) abort();
    if (!memchr(answer->reason, 0, sizeof answer->reason) || !memchr(answer->text, 0, sizeof answer->text)) abort();
    if (!memchr(answer->user, 0, sizeof answer->user) || !memchr(answer->name, 0, sizeof answer->name)) abort();
}

static void note_attribute(void *context, size_t row, const char *name, const char *value) {
    size_t index = (size_t)(uintptr_t)context;
    if (tally.answers[index] != 0 || row > UINT16_MAX || strlen(name) > 255 || strlen(value) > 4095) abort();
}

static void hear(void *context, const authhost_event_t *event) {
    (void)context;
    if (strlen(event->text) > UINT16_MAX) abort();
}

static request_t *open_question(uint32_t number, unsigned char *verdicts) {
    static const authhost_kind_t kinds[] = {
        AUTHHOST_QUESTION_LOGIN, AUTHHOST_QUESTION_LOGOUT, AUTHHOST_QUESTION_MAP,
        AUTHHOST_QUESTION_CHECK, AUTHHOST_QUESTION_BATCH,  AUTHHOST_QUESTION_WATCH,
    };
    request_t *request = calloc(1, sizeof *request);
    if (!request) abort();
    request->number = number;
    request->kind = kinds[number % (sizeof kinds / sizeof *kinds)];
    request->is_sent = true;
    request->answered = note;
    request->context = (void *)(uintptr_t)number;
    request->deadline = number;
    request->attribute = note_attribute;
    request->attribute_context = request->context;
    if (request->kind == AUTHHOST_QUESTION_BATCH) {
        request->verdicts = verdicts;
        request->verdict_count = CHECKS;
    }
    return request;
}

void libauthhost_read(const uint8_t *data, size_t size) {
    authhost_t client = {.descriptor = 0, .handshaking = -1, .wake = -1, .bucket_count = 16, .heap_room = 16};
    request_t *buckets[16] = {0}, *heap[16] = {0};
    unsigned char verdicts[QUESTIONS + 1][CHECKS];
    client.options.event = hear;
    client.buckets = buckets;
    client.heap = heap;
    pthread_mutex_init(&client.lock, NULL);
    tally = (tally_t){0};
    memset(verdicts, AUTHHOST_UNDECIDED, sizeof verdicts);
    for (uint32_t number = 1; number <= QUESTIONS; number++)
        if (!add(&client, open_question(number, verdicts[number]))) abort();
    size_t start = 0;
    bool is_good = true;
    while (is_good && size - start >= LENGTH) {
        reader_t reader = {data + start, LENGTH, 0, true};
        size_t length = (size_t)take_number(&reader, LENGTH);
        if (length < HEADER || length > LONGEST_FRAME || size - start - LENGTH < length) break;
        // A copy of its own size, so that a byte too far is seen.
        unsigned char *frame = malloc(length);
        if (!frame) abort();
        memcpy(frame, data + start + LENGTH, length);
        is_good = take_frame(&client, frame, length);
        free(frame);
        start += LENGTH + length;
    }
    request_t *left = NULL;
    while (client.pending > 0) {
        request_t *request = client.heap[0];
        remove_request(&client, request);
        request->next = left;
        left = request;
    }
    refuse(left, "closed");
    for (uint32_t number = 1; number <= QUESTIONS; number++) {
        if (tally.answers[number] != 1) abort();
        for (size_t i = 0; i < CHECKS; i++)
            if (verdicts[number][i] < AUTHHOST_ALLOW || verdicts[number][i] > AUTHHOST_UNDECIDED) abort();
    }
    bytes_free(&client.out);
    pthread_mutex_destroy(&client.lock);
}
