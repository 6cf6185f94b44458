// The ring between a host and a helper process, both sides in one process: what is written is read, whole and in order; and what
// the other side cannot have written is told apart.
//
//     ring RECORDS
#define _GNU_SOURCE
#include "ring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "ring: %s\n", what);
    exit(1);
}

static ring *make(void) {
    ring *made = aligned_alloc(64, sizeof *made);
    memset(made, 0, sizeof *made);
    return made;
}

// Lengths from 1 to some kilobytes, now and then as long as a record may be.
static size_t length_of(uint64_t number) {
    if (number % 4096 == 4095) return RING_LONGEST;
    return 1 + (number * 2654435761u) % 3000;
}

static uint8_t byte_of(uint64_t number, size_t place) { return (uint8_t)(number * 31 + place * 7); }

struct side {
    ring *shared;
    uint64_t count;
};

static void *write_all(void *context) {
    struct side *side = context;
    ring_end end = {side->shared, 0};
    static uint8_t record[RING_LONGEST];
    for (uint64_t number = 0; number < side->count; number++) {
        size_t length = length_of(number);
        for (size_t i = 0; i < length; i++) record[i] = byte_of(number, i);
        enum ring_result put;
        while ((put = ring_put(&end, record, length)) == RING_FULL) ring_await_room(&end, 1000000000);
        expect(put == RING_DONE, "a record was not taken");
    }
    return NULL;
}

static void read_all(struct side *side) {
    ring_end end = {side->shared, 0};
    for (uint64_t number = 0; number < side->count; number++) {
        uint8_t *record;
        size_t length;
        enum ring_result taken;
        while ((taken = ring_take(&end, &record, &length)) == RING_EMPTY) ring_await_record(&end, ring_turns(), 1000000000);
        expect(taken == RING_DONE, "a record could not be taken");
        expect(length == length_of(number), "a record has another length");
        for (size_t i = 0; i < length; i++) expect(record[i] == byte_of(number, i), "a record has other bytes");
        free(record);
    }
}

static void pass_records(uint64_t count) {
    struct side side = {make(), count};
    pthread_t writer;
    expect(pthread_create(&writer, NULL, write_all, &side) == 0, "no thread could be made");
    read_all(&side);
    pthread_join(writer, NULL);
    for (size_t i = 0; i < RING_SIZE; i++) expect(side.shared->bytes[i] == 0, "what was taken is still there");
    free(side.shared);
}

static void refuse_what_cannot_be(void) {
    uint8_t *record, byte = 1;
    size_t length;
    static const struct {
        uint64_t written, stored;
        const char *what;
    } faults[] = {
        {RING_SIZE + 8, 8, "more than a ring holds"},
        {UINT64_MAX - 7, 8, "a position that fell"},
        {12, 4, "a position that is no multiple of eight"},
        {16, 0, "a record of no bytes"},
        {16, 9, "a record that is longer than what is there"},
        {RING_SIZE, RING_LONGEST + 1, "a record that is too long"},
        {64, UINT64_MAX - 3, "a length that is more than there can be"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ring *shared = make();
        memcpy(shared->bytes, &faults[i].stored, sizeof faults[i].stored);
        shared->written = faults[i].written;
        ring_end end = {shared, 0};
        expect(ring_take(&end, &record, &length) == RING_BROKEN, faults[i].what);
        free(shared);
    }
    ring *shared = make();
    ring_end end = {shared, 0};
    expect(ring_take(&end, &record, &length) == RING_EMPTY, "there is something in an empty ring");
    expect(ring_put(&end, &byte, 0) == RING_FULL && ring_put(&end, &byte, RING_LONGEST + 1) == RING_FULL,
           "a record of no length, or too long, was taken");
    shared->taken = 8;
    expect(ring_put(&end, &byte, 1) == RING_BROKEN, "a reader has taken more than there was");
    free(shared);
}

static void fill(void) {
    static uint8_t record[4096];
    ring *shared = make();
    ring_end writer = {shared, 0}, reader = {shared, 0};
    size_t count = 0, length;
    uint8_t *taken;
    while (ring_put(&writer, record, sizeof record) == RING_DONE) count++;
    expect(count == RING_SIZE / (sizeof record + 8), "a ring holds another number of records");
    expect(ring_take(&reader, &taken, &length) == RING_DONE && length == sizeof record, "a full ring gives nothing");
    free(taken);
    expect(ring_put(&writer, record, sizeof record) == RING_DONE, "there is no room after a record was taken");
    free(shared);
}

int main(int count, char **arguments) {
    refuse_what_cannot_be();
    fill();
    pass_records(count > 1 ? strtoull(arguments[1], NULL, 10) : 100000);
    return 0;
}
