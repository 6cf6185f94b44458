// Whose doing something is: which module lies around an address, and which one has made a thread.
#define _GNU_SOURCE
#include "call.h"
#include "line.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

// Where modules lie in memory; a row is written before it is counted, and never changed.
#define MAXIMUM_MODULES 64
static struct {
    uintptr_t start, end;
    char name[CFFI_NAME_SIZE], build[CFFI_NAME_SIZE];
} modules[MAXIMUM_MODULES];
static atomic_uint module_count;
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

static int find_object(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    uintptr_t *range = context, low = UINTPTR_MAX, high = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *row = &object->dlpi_phdr[i];
        if (row->p_type != PT_LOAD) continue;
        uintptr_t start = object->dlpi_addr + row->p_vaddr;
        if (start < low) low = start;
        if (start + row->p_memsz > high) high = start + row->p_memsz;
    }
    if (range[0] < low || range[0] >= high) return 0;
    range[0] = low;
    range[1] = high;
    return 1;
}

void cffi_add_module(const char *name, const char *build, cffi_function address) {
    uintptr_t range[2] = {0, 0};
    memcpy(&range[0], &address, sizeof range[0]);
    if (!dl_iterate_phdr(find_object, range)) return;
    pthread_mutex_lock(&adding);
    unsigned count = atomic_load(&module_count);
    if (count < MAXIMUM_MODULES) {
        modules[count].start = range[0];
        modules[count].end = range[1];
        cffi_copy_name(modules[count].name, name);
        cffi_copy_name(modules[count].build, build);
        atomic_store(&module_count, count + 1);
    }
    pthread_mutex_unlock(&adding);
}

static const char *module_at(uintptr_t address) {
    unsigned count = atomic_load(&module_count);
    for (unsigned i = 0; i < count; i++) {
        if (address >= modules[i].start && address < modules[i].end) return modules[i].name;
    }
    return NULL;
}

const char *cffi_build_of(const char *name, uintptr_t address) {
    unsigned count = atomic_load(&module_count);
    const char *found = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(modules[i].name, name) != 0) continue;
        if (!found || (address >= modules[i].start && address < modules[i].end)) found = modules[i].build;
    }
    return found && *found ? found : NULL;
}

bool cffi_has_modules(void) { return atomic_load(&module_count) > 0; }

void cffi_add_modules(struct cffi_line *line) {
    unsigned count = atomic_load(&module_count);
    for (unsigned i = 0; i < count; i++) {
        cffi_add(line, i ? " and module `" : "module `");
        cffi_add(line, modules[i].name);
        cffi_add(line, "`");
    }
}

// MARK: threads

// The module that has made this thread; empty for the host.
static _Thread_local char made_by[CFFI_NAME_SIZE];

const char *cffi_owner(uintptr_t address) {
    const cffi_plan *plan = cffi_current_call.plan;
    return plan ? plan->module : *made_by ? made_by : module_at(address);
}

#ifndef CFFI_SANITIZED
struct first_steps {
    void *(*run)(void *);
    void *context;
    char owner[CFFI_NAME_SIZE];
};

static void *begin(void *context) {
    struct first_steps steps = *(struct first_steps *)context;
    free(context);
    memcpy(made_by, steps.owner, sizeof made_by);
    // Without a stack of its own the handler of crashes could not run where this one has overflowed.
    cffi_prepare_thread();
    return steps.run(steps.context);
}

typedef int (*create_function)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static create_function next_create(void) {
    static create_function _Atomic known;
    create_function next = atomic_load_explicit(&known, memory_order_relaxed);
    if (!next) {
        cffi_function found = cffi_symbol(RTLD_NEXT, "pthread_create");
        memcpy(&next, &found, sizeof next);
        atomic_store_explicit(&known, next, memory_order_relaxed);
    }
    return next;
}

// Where the program's own code lies.
static uintptr_t own[2];

__attribute__((constructor)) static void find_own(void) {
    void (*here)(void) = find_own;
    memcpy(&own[0], &here, sizeof own[0]);
    if (!dl_iterate_phdr(find_object, own)) own[0] = own[1] = 0;
}

bool cffi_is_own(uintptr_t address) { return address >= own[0] && address < own[1]; }

// What the host starts is the host's, also when a module has just called it.
static int create_for(uintptr_t caller, pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                      void *context) {
    create_function create = next_create();
    if (!create) return EAGAIN;
    const char *owner = cffi_is_own(caller) ? NULL : cffi_owner(caller);
    struct first_steps *steps = owner && atomic_load(&cffi_is_guarded) ? malloc(sizeof *steps) : NULL;
    if (!steps) return create(thread, attributes, run, context);
    steps->run = run;
    steps->context = context;
    memcpy(steps->owner, owner, strlen(owner) + 1);
    int failure = create(thread, attributes, begin, steps);
    if (failure) free(steps);
    return failure;
}

// A module binds to this before it binds to the C library's, so that a thread of its own is known to be its own.
__attribute__((visibility("default"))) int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                                          void *(*run)(void *), void *context) {
    return create_for((uintptr_t)__builtin_return_address(0) - 1, thread, attributes, run, context);
}

// A thread of C11's, which ends with a number.
struct first_call {
    thrd_start_t run;
    void *context;
};

static void *begin_c11(void *context) {
    struct first_call call = *(struct first_call *)context;
    free(context);
    return (void *)(intptr_t)call.run(call.context);
}

// What a timer of a module's runs on a thread that the C library makes for it, for as long as there may be such a thread.
struct timed_call {
    void (*run)(union sigval);
    union sigval value;
    char owner[CFFI_NAME_SIZE];
};

static void begin_timed(union sigval context) {
    const struct timed_call *call = context.sival_ptr;
    memcpy(made_by, call->owner, sizeof made_by);
    cffi_prepare_thread();
    call->run(call->value);
}

typedef int (*timer_function)(clockid_t, struct sigevent *, timer_t *);

// The same for timers that notify by a thread (SIGEV_THREAD). What is kept for one is not freed with it: its thread may still
// run.
__attribute__((visibility("default"))) int timer_create(clockid_t clock, struct sigevent *event, timer_t *timer) {
    timer_function create = NULL;
    cffi_function found = cffi_symbol(RTLD_NEXT, "timer_create");
    memcpy(&create, &found, sizeof create);
    const char *owner = cffi_owner((uintptr_t)__builtin_return_address(0) - 1);
    bool is_own = owner && event && event->sigev_notify == SIGEV_THREAD && atomic_load(&cffi_is_guarded);
    struct timed_call *call = is_own ? malloc(sizeof *call) : NULL;
    if (!create) return errno = ENOSYS, -1;
    if (!call) return create(clock, event, timer);
    call->run = event->sigev_notify_function;
    call->value = event->sigev_value;
    memcpy(call->owner, owner, strlen(owner) + 1);
    struct sigevent own_event = *event;
    own_event.sigev_notify_function = begin_timed;
    own_event.sigev_value.sival_ptr = call;
    int failure = create(clock, &own_event, timer);
    if (failure) free(call);
    return failure;
}

// The same for the other name, which does not come by the first: the C library's threads of both kinds are one (nptl), and the
// result of one that thrd_join() takes is the number in its pointer.
__attribute__((visibility("default"))) int thrd_create(thrd_t *thread, thrd_start_t run, void *context) {
    struct first_call *call = malloc(sizeof *call);
    if (!call) return thrd_nomem;
    *call = (struct first_call){run, context};
    uintptr_t caller = (uintptr_t)__builtin_return_address(0) - 1;
    int failure = create_for(caller, thread, NULL, begin_c11, call);
    if (failure) free(call);
    return failure == 0 ? thrd_success : failure == ENOMEM ? thrd_nomem : thrd_error;
}
#endif
