// authhost-helper: runs one module for a host that has started it. No person starts it.
#define _GNU_SOURCE
#include "helper.h"
#include "line.h"

#include <authhost/status.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

cffi_helper_start start;
const char *note;
static ring_end calls, returns;
static void *instance;
static pthread_mutex_t taking = PTHREAD_MUTEX_INITIALIZER, sending = PTHREAD_MUTEX_INITIALIZER;

void send_record(const wire_out *out) {
    enum ring_result put;
    pthread_mutex_lock(&sending);
    while ((put = ring_put(&returns, out->bytes, out->length)) == RING_FULL) ring_await_room(&returns, 1000000000);
    pthread_mutex_unlock(&sending);
    if (put != RING_DONE) abort();
}

static void say_ready(const char *why) {
    wire_out out;
    wire_begin(&out, (wire_head){WIRE_READY, 0, 0, 0, why != NULL});
    wire_put_text(&out, why, why ? strlen(why) : 0);
    send_record(&out);
    wire_finish(&out);
}

// MARK: calls

static void fill_in(const char *shape, uint64_t *slots, bool is_init) {
    for (size_t i = 0; shape[i]; i++) {
        if (shape[i] == 'I') slots[i] = is_init ? (uintptr_t)&instance : (uintptr_t)instance;
        if (shape[i] == 'T') slots[i] = (uintptr_t)host_table();
        if (shape[i] == 'o') slots[i] = (uintptr_t)known_object((object_t *)(uintptr_t)slots[i]);
    }
}

// A record that the host cannot have written ends the helper.
static void answer(uint8_t *bytes, size_t length) {
    wire_head head;
    wire_in in;
    wire_lent lent = {0};
    uint64_t slots[WIRE_PARAMETERS] = {0};
    if (!wire_open(&in, bytes, length, &head) || head.kind != WIRE_CALL || head.number >= start.entry_count) abort();
    const struct entry *entry = &entries[head.number];
    const char *name = start.entries[head.number].name;
    if (!wire_unpack(&in, entry->shape, slots, &lent)) abort();
    fill_in(entry->shape, slots, strcmp(name, "auth_init") == 0);
    current_call = head.call;
    int64_t value = cffi_call(entry->plan, entry->function, slots);
    // A module whose abilities are none is refused as one that fails.
    if (strcmp(name, "auth_init") == 0 && start.generation == 9 && value == AUTH_OK && !ask_about(instance)) value = AUTH_ERROR;
    current_call = 0;
    wire_out out;
    wire_begin(&out, (wire_head){WIRE_RETURN, head.number, head.call, 0, value});
    wire_pack_results(&out, entry->shape, slots);
    if (out.failed) {
        // More than the ring takes: a status that denies, and nothing else.
        wire_finish(&out);
        wire_begin(&out, (wire_head){WIRE_RETURN, head.number, head.call, WIRE_WITHOUT_RESULTS, AUTH_ERROR});
    }
    send_record(&out);
    wire_finish(&out);
    if (strcmp(name, "auth_free_object") == 0) forget_object((object_t *)(uintptr_t)slots[0]);
    wire_release(&lent);
    explicit_bzero(bytes, length);
    free(bytes);
}

static void *work(void *unused) {
    for (;;) {
        uint8_t *bytes;
        size_t length;
        enum ring_result found;
        pthread_mutex_lock(&taking);
        while ((found = ring_take(&calls, &bytes, &length)) == RING_EMPTY) {
            ring_await_record(&calls, ring_turns(), 1000000000);
        }
        pthread_mutex_unlock(&taking);
        if (found != RING_DONE) abort();
        if (length >= sizeof(uint32_t) && *(uint32_t *)(void *)bytes == WIRE_END) cffi_end(0);
        answer(bytes, length);
    }
    return unused;
}

// MARK: starting

static shared_memory *find_memory(void) {
    struct stat memory, module;
    if (fstat(HELPER_MEMORY, &memory) != 0 || fstat(HELPER_MODULE, &module) != 0 ||
        memory.st_size < (off_t)sizeof(shared_memory)) {
        return NULL;
    }
    size_t size = (size_t)memory.st_size;
    shared_memory *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, HELPER_MEMORY, 0);
    return shared == MAP_FAILED || size != sizeof *shared + shared->start.note_size ? NULL : shared;
}

int main(void) {
    shared_memory *shared = find_memory();
    if (!shared || shared->start.size != sizeof start || shared->start.entry_count > CFFI_HELPER_ENTRIES) {
        fprintf(stderr,
                "authhost-helper: descriptors %d and %d are not a module and the memory of a host of the same build; "
                "`authhost serve` starts this program where `auth-module-isolation process` says so\n",
                HELPER_MODULE, HELPER_MEMORY);
        return 2;
    }
    // As in the host: a server that the module speaks with may go away.
    signal(SIGPIPE, SIG_IGN);
    start = shared->start;
    note = shared->note;
    calls.shared = &shared->calls;
    returns.shared = &shared->returns;
    tells.shared = &shared->tells;
    cffi_keep_line(shared->last_words, sizeof shared->last_words);
    const char *why = confine_process();
    if (!why) {
        cffi_guard_process();
        why = load_module();
    }
    say_ready(why);
    if (why) cffi_end(4);
    for (uint32_t i = 1; i < start.threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0) abort();
        pthread_detach(thread);
    }
    work(NULL);
}
