// What ModuleHost takes from C: prepared libffi calls, and the memory of a thread that Swift cannot name.
#ifndef AUTHHOST_CFFI_H
#define AUTHHOST_CFFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A call interface prepared once and used from many threads at once; ffi_call never writes to it.
typedef struct cffi_plan cffi_plan;

// Bytes of a name that is kept for messages, with the NUL behind it.
#define CFFI_NAME_SIZE 65

// Prepares a call interface from a signature of the descriptor's alphabet, such as "i(ppp)".
// module, entry, generation: who is called, for the line that a crash leaves; what lies beyond 64 bytes is cut. The generation
// is that of the entry point's form, 0 for `auth_module`, which has none.
// Returns NULL for a signature that is malformed, has more than 12 parameters, or that libffi refuses.
// OWNERSHIP: the caller's, to be given to cffi_free.
cffi_plan *_Nullable cffi_prepare(const char *_Nonnull signature, const char *_Nonnull module,
                                  const char *_Nonnull entry, uint32_t generation);

void cffi_free(cffi_plan *_Nonnull plan);

// Calls `function`. arguments: one 64-bit slot for each parameter, the value in its low bits.
// Returns the function's value, sign- or zero-extended; 0 for a void function. In a copy of the process that the function
// forked it does not return: the copy is ended.
int64_t cffi_call(const cffi_plan *_Nonnull plan, void (*_Nonnull function)(void), const uint64_t *_Nonnull arguments);

// Bytes that belong to the calling thread until it ends: what a call lends to a module.
#define CFFI_SCRATCH_SIZE 32768
char *_Nonnull cffi_scratch(void);

// The same for the rows of a batch, made when a thread needs it first. A block of this size that is made for each batch is mapped
// and unmapped each time.
#define CFFI_BATCH_SCRATCH_SIZE 131072
char *_Nonnull cffi_batch_scratch(void);

// One pointer for each thread, NULL at first.
void *_Nullable cffi_thread_value(void);
void cffi_set_thread_value(void *_Nullable value);

// The host's ELF machine (EM_*).
uint16_t cffi_machine(void);

// The name of a signal without `SIG`, NULL for none.
const char *_Nullable cffi_signal_name(int number);

// Whether a file lies in a file system that is mounted noexec.
bool cffi_is_noexec(int descriptor);

// Names the calling thread for ps(1) and debuggers.
void cffi_name_thread(const char *_Nonnull name);

// The kernel's number of the calling thread; the first call of each thread asks the kernel.
int32_t cffi_thread_number(void);

// A number that this process has not given out yet.
uint64_t cffi_next_number(void);

// Copies `count` bytes, at most 4,096, that may not be readable; returns whether all of them were.
bool cffi_copy_memory(const void *_Nullable from, void *_Nonnull to, size_t count);

typedef void (*cffi_function)(void);
cffi_function _Nullable cffi_symbol(void *_Nonnull library, const char *_Nonnull name);

#endif
