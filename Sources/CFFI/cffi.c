// For sem_clockwait and pthread_setname_np, which Swift's Glibc module lacks.
#define _GNU_SOURCE
#include "call.h"
#include "line.h"

#include <dlfcn.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ffi_type *type_of(char letter) {
    switch (letter) {
    case 'i': return &ffi_type_sint;
    case 'u': return &ffi_type_uint;
    case 'q': return &ffi_type_uint64;
    case 'z': return sizeof(size_t) == 8 ? &ffi_type_uint64 : &ffi_type_uint32;
    case 'v': return &ffi_type_void;
    // The letters of records, which are passed by address (descriptor.h).
    default: return letter && strchr("pTsLMCcRrEXFHDONW", letter) ? &ffi_type_pointer : NULL;
    }
}

cffi_plan *cffi_prepare(const char *signature, const char *module, const char *entry, uint32_t generation) {
    size_t length = strlen(signature);
    if (length < 3 || signature[1] != '(' || signature[length - 1] != ')' || length - 3 > MAXIMUM_PARAMETERS) {
        return NULL;
    }
    ffi_type *result = type_of(signature[0]);
    cffi_plan *plan = calloc(1, sizeof *plan);
    if (!result || !plan) {
        free(plan);
        return NULL;
    }
    cffi_copy_name(plan->module, module);
    cffi_copy_name(plan->entry, entry);
    plan->generation = generation;
    plan->question = cffi_question_of(entry);
    plan->says_action = generation == 9 && cffi_says_action(entry);
    plan->count = length - 3;
    for (size_t i = 0; i < plan->count; i++) {
        plan->types[i] = type_of(signature[2 + i]);
        if (!plan->types[i] || plan->types[i] == &ffi_type_void) {
            free(plan);
            return NULL;
        }
    }
    if (ffi_prep_cif(&plan->cif, FFI_DEFAULT_ABI, (unsigned)plan->count, result, plan->types) != FFI_OK) {
        free(plan);
        return NULL;
    }
    return plan;
}

// Kept, as the mapping of a module is: the last call of a thread may be one of its.
void cffi_free(cffi_plan *plan) {
    static cffi_plan *_Atomic unused;
    plan->next = atomic_load(&unused);
    while (!atomic_compare_exchange_weak(&unused, &plan->next, plan)) {}
}

int64_t cffi_call(const cffi_plan *plan, void (*function)(void), const uint64_t *arguments) {
    void *values[MAXIMUM_PARAMETERS];
    for (size_t i = 0; i < plan->count; i++) {
        // On a big-endian machine a narrow value stands at the end of its slot.
        size_t skip = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 8 - plan->types[i]->size : 0;
        values[i] = (char *)&arguments[i] + skip;
    }
    // libffi widens an integral result to ffi_arg.
    ffi_arg result = 0;
    const struct cffi_call outer = cffi_current_call;
    cffi_prepare_thread();
    cffi_current_call = (struct cffi_call){plan, plan->says_action ? cffi_action_of(arguments) : 0};
    int telling = atomic_load_explicit(&cffi_is_watched, memory_order_relaxed) ? cffi_tell_call() : -1;
    ffi_call((ffi_cif *)&plan->cif, function, &result, values);
    if (cffi_is_copy()) cffi_end_copy();
    if (telling >= 0) cffi_told(telling);
    cffi_last_call = cffi_current_call;
    cffi_current_call = outer;
    if (plan->cif.rtype == &ffi_type_void) return 0;
    return plan->cif.rtype == &ffi_type_sint ? (int64_t)(int)result : (int64_t)result;
}

char *cffi_scratch(void) {
    static _Thread_local _Alignas(16) char scratch[CFFI_SCRATCH_SIZE];
    return scratch;
}

static pthread_once_t batch_key_is_made = PTHREAD_ONCE_INIT;
static pthread_key_t batch_key;
static void make_batch_key(void) {
    if (pthread_key_create(&batch_key, free)) abort();
}

char *cffi_batch_scratch(void) {
    pthread_once(&batch_key_is_made, make_batch_key);
    char *scratch = pthread_getspecific(batch_key);
    if (scratch) return scratch;
    scratch = malloc(CFFI_BATCH_SCRATCH_SIZE);
    if (!scratch || pthread_setspecific(batch_key, scratch)) abort();
    return scratch;
}

static _Thread_local void *thread_value;
void *cffi_thread_value(void) { return thread_value; }
void cffi_set_thread_value(void *value) { thread_value = value; }

cffi_function cffi_symbol(void *library, const char *name) {
    // POSIX lets a pointer from dlsym be a function; ISO C has no cast for it.
    void *address = dlsym(library, name);
    cffi_function function = NULL;
    memcpy(&function, &address, sizeof function);
    return function;
}

const char *cffi_signal_name(int number) { return sigabbrev_np(number); }

bool cffi_is_noexec(int descriptor) {
    struct statvfs place;
    return fstatvfs(descriptor, &place) == 0 && place.f_flag & ST_NOEXEC;
}

bool cffi_copy_memory(const void *from, void *to, size_t count) {
    int ends[2];
    if (count > 4096 || pipe2(ends, O_CLOEXEC) != 0) return false;
    // A system call says EFAULT where our own load would be a fault; a sanitizer looks at what write() is given before it.
    bool copied = syscall(SYS_write, ends[1], from, count) == (long)count && read(ends[0], to, count) == (ssize_t)count;
    close(ends[0]);
    close(ends[1]);
    return copied;
}

void cffi_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

// A thread takes numbers by the million, so that threads do not wait for each other.
uint64_t cffi_next_number(void) {
    enum { BLOCK = 1 << 20 };
    static _Atomic uint64_t blocks;
    static _Thread_local uint64_t next;
    if (next % BLOCK == 0) next = atomic_fetch_add_explicit(&blocks, BLOCK, memory_order_relaxed);
    return next++;
}

static _Thread_local int32_t thread_number;
int32_t cffi_thread_number(void) {
    if (thread_number == 0) thread_number = (int32_t)gettid();
    return thread_number;
}
