#define _GNU_SOURCE
#include "ring.h"
#include "wire_layout.h"

#include <stdlib.h>
#include <string.h>

void wire_begin(wire_out *out, wire_head head) {
    out->bytes = out->first;
    out->length = 0;
    out->room = sizeof out->first;
    out->failed = false;
    memcpy(out->bytes, &head, sizeof head);
    out->length = sizeof head;
}

void wire_finish(wire_out *out) {
    explicit_bzero(out->bytes, out->length);
    if (out->bytes != out->first) free(out->bytes);
    out->bytes = out->first;
    out->length = 0;
}

// Makes room for bytes, rounded up to 8 and zeroed; NULL where there is none.
static uint8_t *claim(wire_out *out, size_t count) {
    size_t padded = (count + 7) / 8 * 8;
    if (out->failed || count > RING_LONGEST || padded > RING_LONGEST - out->length) {
        out->failed = true;
        return NULL;
    }
    if (padded > out->room - out->length) {
        size_t room = out->room * 2 > out->length + padded ? out->room * 2 : out->length + padded;
        uint8_t *bytes = malloc(room);
        if (!bytes) {
            out->failed = true;
            return NULL;
        }
        memcpy(bytes, out->bytes, out->length);
        explicit_bzero(out->bytes, out->length);
        if (out->bytes != out->first) free(out->bytes);
        out->bytes = bytes;
        out->room = room;
    }
    uint8_t *start = out->bytes + out->length;
    memset(start, 0, padded);
    out->length += padded;
    return start;
}

static void put_number(wire_out *out, uint64_t number) {
    uint8_t *start = claim(out, sizeof number);
    if (start) memcpy(start, &number, sizeof number);
}

void wire_put_text(wire_out *out, const char *text, size_t length) {
    if (text && length >= RING_LONGEST) out->failed = true;
    put_number(out, text ? (uint64_t)length + 1 : 0);
    if (!text) return;
    uint8_t *start = claim(out, length + 1);
    if (start) memcpy(start, text, length);
}

static void put_c_string(wire_out *out, const char *text) { wire_put_text(out, text, text ? strlen(text) : 0); }

static void put_record(wire_out *out, const void *record, size_t known, wire_layout shape);

static void put_pairs(wire_out *out, const auth_pair_t *const *pairs, uint64_t count) {
    // What is no array of pairs is sent as none; who reads it finds a number without an address.
    bool is_sent = pairs && count > 0 && count <= MAXIMUM_PAIRS;
    put_number(out, is_sent ? count : 0);
    if (!is_sent || !claim(out, count * sizeof(uint64_t))) return;
    for (uint64_t i = 0; i < count; i++) {
        size_t known = !pairs[i] ? 0 : pairs[i]->size < sizeof(auth_pair_t) ? 8 : sizeof(auth_pair_t);
        put_record(out, pairs[i], known, wire_pair);
    }
}

// Writes as many bytes of a record as are known, and what its members lead to; no address is written.
static void put_record(wire_out *out, const void *record, size_t known, wire_layout shape) {
    size_t at = out->length;
    if (!claim(out, shape.size)) return;
    if (known > shape.size) known = shape.size;
    if (known) memcpy(out->bytes + at, record, known);
    for (const wire_member *row = shape.members; row->offset != WIRE_LAST_MEMBER; row++) {
        uintptr_t address = 0;
        uint64_t length = 0;
        bool is_there = row->offset + (row->kind == OBJECT ? 8 : 16) <= known;
        if (is_there) memcpy(&address, (const uint8_t *)record + row->offset, sizeof address);
        if (is_there && row->kind != OBJECT) memcpy(&length, (const uint8_t *)record + row->offset + 8, sizeof length);
        memset(out->bytes + at + row->offset, 0, sizeof address);
        if (row->kind == HIDDEN) continue;
        if (row->kind == TEXT) {
            // A length that no memory has is left to be found by who reads it.
            const char *text = length > INT64_MAX ? NULL : (const char *)address;
            wire_put_text(out, text, text && length > row->longest ? row->longest : text ? (size_t)length : 0);
        } else if (row->kind == PAIRS) {
            put_pairs(out, (const auth_pair_t *const *)address, length);
        } else {
            put_number(out, address != 0);
            if (address) put_record(out, (const void *)address, sizeof(auth_object_t), wire_object);
        }
        if (out->failed) return;
    }
}

static void put_object(wire_out *out, const object_t *object) {
    for (; object && !out->failed; object = object->parent) {
        put_number(out, 1);
        put_number(out, object->handle);
        put_number(out, (uint32_t)object->type);
        put_c_string(out, object->name);
    }
    put_number(out, 0);
}

static void put_fields(wire_out *out, const string_pair_t *fields, uint64_t count) {
    for (uint64_t i = 0; fields && i < count && !out->failed; i++) {
        put_c_string(out, fields[i].name);
        put_c_string(out, fields[i].value);
    }
}

void wire_pack(wire_out *out, const char *shape, const uint64_t *slots) {
    for (size_t i = 0; shape[i] && !out->failed; i++) {
        const void *address = (const void *)(uintptr_t)slots[i];
        switch (shape[i]) {
        case 'I': case 'T': case 'b': case 'n': case 'B': break;
        case 'q': case 'z': put_number(out, slots[i]); break;
        case 't': put_c_string(out, address); break;
        case 'o': put_object(out, address); break;
        case 'f': put_fields(out, address, slots[i - 1]); break;
        case 'R': {
            // What the caller lends is lent anew by the callee, and what it says goes along: of host->complete().
            const auth_result_t *result = address;
            put_number(out, result != NULL);
            if (result) put_record(out, result, result->size, wire_result);
            break;
        }
        case 'c':
            put_number(out, slots[i + 1]);
            for (uint64_t row = 0; row < slots[i + 1] && !out->failed; row++) {
                put_record(out, ((const void *const *)address)[row], sizeof(auth_check_t), wire_check);
            }
            break;
        case 'r':
            put_number(out, slots[i - 1] ? ((const auth_result_t *const *)address)[0]->scratch_size : 0);
            break;
        default: put_record(out, address, SIZE_MAX, wire_layout_of(shape[i]));
        }
    }
}

void wire_pack_results(wire_out *out, const char *shape, const uint64_t *slots) {
    for (size_t i = 0; shape[i] && !out->failed; i++) {
        const void *address = (const void *)(uintptr_t)slots[i];
        switch (shape[i]) {
        case 'R':
            put_number(out, address != NULL);
            if (address) put_record(out, address, sizeof(auth_result_t), wire_result);
            break;
        case 'r':
            for (uint64_t row = 0; row < slots[i - 1] && !out->failed; row++) {
                put_record(out, ((const void *const *)address)[row], sizeof(auth_result_t), wire_result);
            }
            break;
        case 'b': {
            uint8_t *start = claim(out, LENT_NAME);
            if (start) memcpy(start, address, LENT_NAME);
            break;
        }
        case 'n': put_number(out, (uint64_t)(int64_t)*(const int *)address); break;
        case 'B': wire_put_text(out, address, address ? strnlen(address, slots[i + 1]) : 0); break;
        default: break;
        }
    }
}
