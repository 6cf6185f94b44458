#define _GNU_SOURCE
#include "ring.h"
#include "wire_layout.h"

#include <stdlib.h>
#include <string.h>

#define MAXIMUM_ROWS 1000
#define MAXIMUM_PARENTS 4096
#define LENT_LARGEST ((size_t)1 << 18)
// What a result record is lent, so that it may grow (types.h).
#define LENT_RESULT 512

bool wire_open(wire_in *in, uint8_t *bytes, size_t length, wire_head *head) {
    *in = (wire_in){bytes, length, sizeof *head, length < sizeof *head};
    if (!in->failed) memcpy(head, bytes, sizeof *head);
    return !in->failed;
}

static uint8_t *take(wire_in *in, size_t count) {
    size_t left = in->length - in->at;
    if (in->failed || count > left || (count + 7) / 8 * 8 > left) {
        in->failed = true;
        return NULL;
    }
    uint8_t *start = in->bytes + in->at;
    in->at += (count + 7) / 8 * 8;
    return start;
}

static uint64_t get_number(wire_in *in) {
    uint64_t number = 0;
    uint8_t *start = take(in, sizeof number);
    if (start) memcpy(&number, start, sizeof number);
    return number;
}

const char *wire_get_text(wire_in *in, size_t *length) {
    uint64_t marked = get_number(in);
    if (in->failed || marked == 0) return NULL;
    uint8_t *start = marked > RING_LONGEST ? NULL : take(in, (size_t)marked);
    if (!start || start[marked - 1] != 0) {
        in->failed = true;
        return NULL;
    }
    if (length) *length = (size_t)marked - 1;
    return (const char *)start;
}

struct wire_block {
    struct wire_block *next;
    size_t size;
    _Alignas(16) uint8_t bytes[];
};

static void *lend(wire_in *in, wire_lent *lent, size_t size) {
    struct wire_block *block = size > RING_LONGEST ? NULL : calloc(1, sizeof *block + size);
    if (!block) {
        in->failed = true;
        return NULL;
    }
    block->size = size;
    block->next = lent->blocks;
    lent->blocks = block;
    return block->bytes;
}

void wire_release(wire_lent *lent) {
    for (struct wire_block *block = lent->blocks, *next; block; block = next) {
        next = block->next;
        explicit_bzero(block->bytes, block->size);
        free(block);
    }
    lent->blocks = NULL;
}

static void *get_record(wire_in *in, wire_layout shape);

static void get_pairs(wire_in *in, uint8_t *place) {
    uint64_t count = get_number(in);
    uintptr_t address = 0;
    if (count > MAXIMUM_PAIRS) in->failed = true;
    if (!in->failed && count > 0) {
        uint8_t *pairs = take(in, count * sizeof(uint64_t));
        for (uint64_t i = 0; i < count && pairs && !in->failed; i++) {
            uintptr_t pair = (uintptr_t)get_record(in, wire_pair);
            memcpy(pairs + i * sizeof pair, &pair, sizeof pair);
        }
        address = (uintptr_t)pairs;
        // The number that counts is the one of the pairs that are there.
        memcpy(place + 8, &count, sizeof count);
    }
    memcpy(place, &address, sizeof address);
}

// Finds a record in place and makes its members lead to what stands behind it.
static void *get_record(wire_in *in, wire_layout shape) {
    uint8_t *record = take(in, shape.size);
    for (const wire_member *row = shape.members; record && row->offset != SIZE_MAX && !in->failed; row++) {
        uintptr_t address = 0;
        if (row->kind == PAIRS) {
            get_pairs(in, record + row->offset);
            continue;
        }
        if (row->kind == TEXT) {
            size_t length = 0;
            address = (uintptr_t)wire_get_text(in, &length);
            if (address) memcpy(record + row->offset + 8, &length, sizeof length);
        } else if (row->kind == OBJECT) {
            address = get_number(in) ? (uintptr_t)get_record(in, wire_object) : 0;
        }
        memcpy(record + row->offset, &address, sizeof address);
    }
    return in->failed ? NULL : record;
}

static object_t *get_object(wire_in *in, wire_lent *lent) {
    object_t *first = NULL, *last = NULL;
    for (int depth = 0; get_number(in) && !in->failed; depth++) {
        object_t *object = depth < MAXIMUM_PARENTS ? lend(in, lent, sizeof *object) : NULL;
        if (!object) {
            in->failed = true;
            return NULL;
        }
        object->size = sizeof *object;
        object->handle = get_number(in);
        object->type = (int32_t)get_number(in);
        object->name = wire_get_text(in, NULL);
        if (!object->name) in->failed = true;
        if (last) last->parent = object;
        else first = object;
        last = object;
    }
    return first;
}

static string_pair_t *get_fields(wire_in *in, wire_lent *lent, uint64_t count) {
    if (count > MAXIMUM_PAIRS) in->failed = true;
    if (in->failed || count == 0) return NULL;
    string_pair_t *fields = lend(in, lent, count * sizeof *fields);
    for (uint64_t i = 0; i < count && fields && !in->failed; i++) {
        fields[i].name = (char *)(uintptr_t)wire_get_text(in, NULL);
        fields[i].value = (char *)(uintptr_t)wire_get_text(in, NULL);
    }
    return fields;
}

// Lends what a result record is written to; `scratch` bytes of it are for texts.
static auth_result_t *lend_result(wire_in *in, wire_lent *lent, const auth_result_t *said, uint64_t scratch) {
    if (scratch > LENT_LARGEST) in->failed = true;
    auth_result_t *result = in->failed ? NULL : lend(in, lent, LENT_RESULT);
    if (!result) return NULL;
    if (said) *result = *said;
    result->size = sizeof *result;
    result->scratch_size = (uint32_t)scratch;
    result->scratch = scratch ? lend(in, lent, scratch) : NULL;
    return result;
}

static void *get_rows(wire_in *in, wire_lent *lent, char letter, uint64_t count) {
    uint64_t scratch = letter == 'r' ? get_number(in) : 0;
    if (count > MAXIMUM_ROWS || scratch > 2048) in->failed = true;
    void **rows = in->failed ? NULL : lend(in, lent, (count + 1) * sizeof *rows);
    for (uint64_t i = 0; i < count && rows && !in->failed; i++) {
        rows[i] = letter == 'c' ? get_record(in, wire_check) : lend_result(in, lent, NULL, scratch);
    }
    return rows;
}

bool wire_unpack(wire_in *in, const char *shape, uint64_t *slots, wire_lent *lent) {
    for (size_t i = 0; shape[i] && !in->failed; i++) {
        void *address = NULL;
        switch (shape[i]) {
        case 'I': case 'T': break;
        case 'q':
            slots[i] = get_number(in);
            // The size behind a buffer is that of what is lent.
            if (i > 0 && shape[i - 1] == 'B') {
                if (slots[i] > LENT_LARGEST) slots[i] = LENT_LARGEST;
                slots[i - 1] = slots[i] ? (uintptr_t)lend(in, lent, slots[i]) : 0;
            }
            continue;
        case 'z': slots[i] = get_number(in); continue;
        case 't': address = (void *)(uintptr_t)wire_get_text(in, NULL); break;
        case 'o': address = get_object(in, lent); break;
        case 'f': address = get_fields(in, lent, slots[i - 1]); break;
        case 'b': address = lend(in, lent, LENT_NAME); break;
        case 'n':
            address = lend(in, lent, sizeof(int));
            if (address) *(int *)address = LENT_NAME;
            break;
        case 'B': break;
        case 'R': {
            auth_result_t *said = get_number(in) ? get_record(in, wire_result) : NULL;
            address = said ? lend_result(in, lent, said, said->scratch_size) : NULL;
            break;
        }
        case 'c': {
            uint64_t count = get_number(in);
            address = get_rows(in, lent, 'c', count);
            break;
        }
        case 'r': address = get_rows(in, lent, 'r', slots[i - 1]); break;
        default: address = get_record(in, wire_layout_of(shape[i]));
        }
        slots[i] = (uintptr_t)address;
    }
    // As many rows of results as of checks.
    for (size_t i = 0; shape[i] && !in->failed; i++) {
        if (shape[i] == 'z' && slots[i] > MAXIMUM_ROWS) in->failed = true;
    }
    return !in->failed;
}

// Copies a result, but for what the caller lends.
static void receive(auth_result_t *to, const auth_result_t *from) {
    auth_result_t result = *from;
    result.size = to->size;
    result.scratch = to->scratch;
    result.scratch_size = to->scratch_size;
    memcpy(to, &result, to->size < sizeof result ? to->size : sizeof result);
}

bool wire_unpack_results(wire_in *in, const char *shape, const uint64_t *slots) {
    for (size_t i = 0; shape[i] && !in->failed; i++) {
        void *address = (void *)(uintptr_t)slots[i];
        switch (shape[i]) {
        case 'R': {
            const auth_result_t *result = get_number(in) ? get_record(in, wire_result) : NULL;
            if (address && result && !in->failed) receive(address, result);
            break;
        }
        case 'r':
            for (uint64_t row = 0; row < slots[i - 1] && !in->failed; row++) {
                const auth_result_t *result = get_record(in, wire_result);
                if (result) receive(((auth_result_t *const *)address)[row], result);
            }
            break;
        case 'b': {
            const uint8_t *bytes = take(in, LENT_NAME);
            if (bytes) memcpy(address, bytes, LENT_NAME);
            break;
        }
        case 'n': *(int *)address = (int)(int64_t)get_number(in); break;
        case 'B': {
            size_t length = 0;
            const char *text = wire_get_text(in, &length);
            size_t room = slots[i + 1], count = room == 0 ? 0 : length < room - 1 ? length : room - 1;
            if (text && address && room && !in->failed) {
                memcpy(address, text, count);
                ((char *)address)[count] = 0;
            }
            break;
        }
        default: break;
        }
    }
    return !in->failed;
}
