// Where the records of the C interface hold what leads elsewhere.
#ifndef AUTHHOST_CFFI_WIRE_LAYOUT_H
#define AUTHHOST_CFFI_WIRE_LAYOUT_H

#include "wire.h"

#include <authhost/authenticators9.h>
#include <authhost/entries9.h>
#include <authhost/types6.h>

#define MAXIMUM_PAIRS 1024
#define LENT_NAME 4096

// The members of a record that lead elsewhere.
typedef struct {
    enum { TEXT, PAIRS, OBJECT, HIDDEN } kind;
    size_t offset;
    size_t longest; // TEXT: more is cut
} wire_member;
#define WIRE_LAST_MEMBER SIZE_MAX // its offset

typedef struct {
    size_t size;
    const wire_member *members;
} wire_layout;
extern const wire_layout wire_pair, wire_object, wire_check, wire_result;
// Of another record by its letter.
wire_layout wire_layout_of(char letter);

#endif
