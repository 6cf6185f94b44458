// What the files of the host's side of a helper share.
#ifndef AUTHHOST_CFFI_REMOTE_H
#define AUTHHOST_CFFI_REMOTE_H

#include "helper.h"
#include "ring.h"
#include "shared.h"
#include "wire.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

// A record of the helper's that somebody is to take.
struct message {
    struct message *next;
    wire_head head;
    wire_in in; // behind the head; the bytes are its own
};

// A call that waits for the helper, on the stack of who waits.
struct waiting {
    struct waiting *next;
    uint64_t number;
    uint32_t entry;
    int64_t due;
    struct message *first, **last;
    _Atomic uint32_t news; // changes when there is a message, or the end
};

struct cffi_helper {
    shared_memory *shared;
    pid_t process;
    int descriptor; // of the process
    cffi_helper_start start;
    char shapes[CFFI_HELPER_ENTRIES][WIRE_SHAPE_SIZE];
    const auth_host_t *table;
    ring_end calls, tells, returns;
    pthread_mutex_t sending, lock;
    // Under `lock`.
    struct waiting *waiting;
    uint64_t last_number;
    bool has_ended; // nothing is called any more
    uint32_t in_flight[CFFI_HELPER_ENTRIES]; // at the end
    char fault[256]; // why it was killed; "" where it was not
    // Written by who watches, before `is_dead`.
    int end_code, end_status;
    atomic_bool is_dead, is_closing;
    atomic_int in_flight_now, slow;
    sem_t served;
};

int64_t helper_now(void);

// Kills a helper, and notes the first reason for it.
void helper_fault(cffi_helper *helper, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Does what the helper asks for, and tells it what came of that. Takes the message over.
void helper_answer(cffi_helper *helper, struct message *message);

// The same on a thread of its own, for what may block; where there are too many, here, where everything else waits then.
void helper_answer_aside(cffi_helper *helper, struct message *message);

// Takes the next record: RING_DONE, _EMPTY, or _BROKEN for what cannot be. OWNERSHIP: *message is the caller's.
enum ring_result helper_take(cffi_helper *helper, struct message **message);
void helper_drop(struct message *message);

// Writes how it ended: "was killed by SIGKILL", "ended itself with status 1", and what it said of it last.
void helper_describe_end(cffi_helper *helper, char *text, size_t size);

#endif
