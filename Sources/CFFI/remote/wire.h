// The arguments and results of a call as bytes, for a callee in another process.
//
// A *shape* has a letter for each parameter. The callee's own: I its instance, T its host table. By value: q 64 bits. Records of
// generation 9 by the letters of their signatures: L M C E X F H D O, and c z r for a batch. Besides: t a C string or NULL, o an
// object_t or NULL, f string_pair_t records, as many as the parameter before says; lent to be written to: R an auth_result_t,
// b and n 4,096 bytes and an int, B and q a buffer and its size.
//
// A reader never looks behind the end of the bytes, and follows no address in them. It makes addresses of what it has
// checked in place: the bytes must be a copy that only the reader can write to.
#ifndef AUTHHOST_CFFI_WIRE_H
#define AUTHHOST_CFFI_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What begins every record of a ring.
typedef struct wire_head {
    uint32_t kind;   // WIRE_*
    uint32_t number; // CALL: of the entry point; ASK: of the host function, WIRE_HOST_*
    uint64_t call;   // which call it belongs to; 0 for an ASK of a thread that is in none
    uint64_t ask;    // ASK, TELL: which one it is; 0: no answer is awaited. RETURN: WIRE_WITHOUT_RESULTS, or 0
    int64_t value;   // RETURN, TELL: what the function returned
} wire_head;

enum {
    WIRE_READY = 1, // helper: value 0, or a text that says why not
    WIRE_CALL,      // host: an entry point is called
    WIRE_RETURN,    // helper: it has returned
    WIRE_ASK,       // helper: a host function is called
    WIRE_TELL,      // host: it has returned
    WIRE_END,       // host: the helper is to end
};

// A RETURN of results that are larger than what a ring takes: there are none behind it.
#define WIRE_WITHOUT_RESULTS 1u

// The host functions that are called from afar, with their shapes; see wire_host_shape.
enum {
    WIRE_HOST_LOG, WIRE_HOST_OPTION, WIRE_HOST_COMPLETE, WIRE_HOST_PENDING, WIRE_HOST_EVENT, WIRE_HOST_EJECT,
    WIRE_HOST_INVALIDATE, WIRE_HOST_ATTRIBUTE, WIRE_HOST_SIGNATURE, WIRE_HOST_VALUE, WIRE_HOST_CREDENTIAL,
    WIRE_HOST_COMPLETED, WIRE_HOST_EJECT_SESSION, WIRE_HOST_TRUSTS, WIRE_HOST_RULES, WIRE_HOST_COUNT,
};
const char *wire_host_shape(uint32_t number);

#define WIRE_PARAMETERS 8
#define WIRE_SHAPE_SIZE 12

// Finds the shape of an entry point from its signature in the descriptor's alphabet; false for one that cannot be called from
// afar.
bool wire_entry_shape(const char *name, uint32_t version, const char *signature, char shape[WIRE_SHAPE_SIZE]);

// The session that a call is about; 0 where it is about none.
uint64_t wire_session(const char *shape, const uint64_t *slots);

// When its answer is due, on the monotonic clock; 0 where the arguments do not say.
int64_t wire_deadline(const char *shape, const uint64_t *slots);

// Bytes that are being written.
typedef struct wire_out {
    uint8_t *bytes;
    size_t length, room;
    bool failed; // more than a ring takes, or no memory
    _Alignas(16) uint8_t first[2048];
} wire_out;

void wire_begin(wire_out *out, wire_head head);
// Wipes what was written.
void wire_finish(wire_out *out);

// Bytes that are being read: a record from ring_take().
typedef struct wire_in {
    uint8_t *bytes;
    size_t length, at;
    bool failed; // they do not say what they should
} wire_in;

// Reads the head; false for a record that is shorter.
bool wire_open(wire_in *in, uint8_t *bytes, size_t length, wire_head *head);

// Memory that a call lends to its callee; freed, and wiped, as a whole.
typedef struct wire_lent {
    struct wire_block *blocks;
} wire_lent;
void wire_release(wire_lent *lent);

// The arguments: from the caller's slots to bytes, and to slots of the callee. I and T are the callee's to fill in.
void wire_pack(wire_out *out, const char *shape, const uint64_t *slots);
bool wire_unpack(wire_in *in, const char *shape, uint64_t *slots, wire_lent *lent);

// The results: from the slots that the callee was called with to bytes, and to where the caller's slots lead. Texts in records
// lie in the bytes that were read.
void wire_pack_results(wire_out *out, const char *shape, const uint64_t *slots);
bool wire_unpack_results(wire_in *in, const char *shape, const uint64_t *slots);

// A text or NULL, alone.
void wire_put_text(wire_out *out, const char *text, size_t length);
const char *wire_get_text(wire_in *in, size_t *length);

#endif
