// What a host and one helper have in common: the memory between them.
#ifndef AUTHHOST_CFFI_SHARED_H
#define AUTHHOST_CFFI_SHARED_H

#include "helper.h"
#include "ring.h"

// Descriptors of a helper besides its standard streams.
#define HELPER_MODULE 3 // the module's sealed file
#define HELPER_MEMORY 4 // a `shared_memory`
#define HELPER_FIRST_FREE 5

typedef struct shared_memory {
    cffi_helper_start start;
    // What the helper says of its own end; the host reads it once, up to the first NUL.
    char last_words[CFFI_HELPER_TEXT];
    ring calls;   // host to helper: WIRE_CALL, WIRE_END
    ring tells;   // host to helper: WIRE_TELL
    ring returns; // helper to host
    char note[];  // `start.note_size` bytes
} shared_memory;

#endif
