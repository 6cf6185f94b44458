// What the files of the helper share: a process that runs one module for a host (Sources/CFFI/include/helper.h).
#ifndef AUTHHOST_HELPER_H
#define AUTHHOST_HELPER_H

#include <authhost/descriptor.h>
#include <authhost/host.h>
#include <authhost/types6.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "shared.h"
#include "wire.h"

extern cffi_helper_start start;
// What the note says of options: `start.note_size` bytes.
extern const char *note;

// Confines this process to what `start` says it may do. Returns NULL, or what failed.
const char *confine_process(void);

// Holds a descriptor to what the note says, which is all that the host has read, and to what every descriptor is held to. Returns
// NULL, or what is wrong: a text of its own.
const char *compare_descriptor(const auth_module_t *module);

// Finds the entry point for abilities in a descriptor that was compared.
void find_extensions(const auth_module_t *module);
// Asks an instance that was initialised what it is, and has the host log it; false for what is no answer, which is logged too.
bool ask_about(void *instance);

// Says what differs between note and descriptor, with both values; the last is NULL for none.
const char *differ(const char *what, const char *note, const char *descriptor);
const char *differ_number(const char *what, uint32_t note, uint32_t descriptor);

// What is wrong, for one who returns it; one thread loads the module.
extern char fault[CFFI_HELPER_TEXT];
#define FAULT(...) (snprintf(fault, sizeof fault, __VA_ARGS__), fault)

// Whether two texts are the same; nothing is no text.
static inline bool equals(const char *found, const char *said) { return found && strcmp(found, said) == 0; }

// Loads the module and finds its entry points. Returns NULL, or what is wrong: a text of its own.
const char *load_module(void);
// An entry point of the module, by its place in `start`.
extern struct entry {
    const cffi_plan *plan;
    cffi_function function;
    char shape[WIRE_SHAPE_SIZE];
} entries[CFFI_HELPER_ENTRIES];

// The host's functions as the module is given them.
const auth_host_t *host_table(void);

// The call that this thread is in, 0 for none.
extern _Thread_local uint64_t current_call;

// Writes a record to the host; waits for room.
void send_record(const wire_out *out);
extern ring_end tells;

// The module's object for the handle of one that came with a call; the same address while the host holds it.
object_t *known_object(object_t *came);
// Forgets it, after auth_free_object.
void forget_object(object_t *object);

#endif
