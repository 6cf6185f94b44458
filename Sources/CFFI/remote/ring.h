// A queue of records in memory that two processes share: one process writes, the other reads. Neither trusts what the other
// has written there: a reader copies a record out and looks at the copy alone.
#ifndef AUTHHOST_CFFI_RING_H
#define AUTHHOST_CFFI_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that a ring holds, a power of two, and the longest record in it.
#define RING_SIZE ((size_t)1 << 21)
#define RING_LONGEST (((size_t)1 << 20) - 64)

// What lies in shared memory, zeroed at first. Positions count bytes since the start, in steps of 8, and never fall.
typedef struct ring {
    _Alignas(64) _Atomic uint64_t written; // by the writer
    _Atomic uint32_t reader_sleeps;        // the reader waits on this word
    _Alignas(64) _Atomic uint64_t taken;   // by the reader
    _Atomic uint32_t writer_sleeps;        // the writer waits on this word
    _Alignas(64) uint8_t bytes[RING_SIZE];
} ring;

// One side's own knowledge of a ring: how far it has come is read from here, and never from shared memory.
typedef struct ring_end {
    ring *shared;
    uint64_t position;
} ring_end;

enum ring_result {
    RING_DONE,
    RING_EMPTY,  // there is nothing to take
    RING_FULL,   // there is no room now
    RING_BROKEN, // the other side has written what cannot be: a position, or the length of a record
};

// Writes a record of 1...RING_LONGEST bytes, and wakes the reader where it sleeps. One thread at a time.
enum ring_result ring_put(ring_end *end, const void *bytes, size_t count);

// Takes the next record into memory of its own, and clears it in the ring. One thread at a time.
// OWNERSHIP: *bytes is the caller's, to be given to free(). It is aligned to 16.
enum ring_result ring_take(ring_end *end, uint8_t **bytes, size_t *count);

// Waits until there may be something to take, or room: for so many turns of a loop, and then asleep for at most so many
// nanoseconds. May return without cause.
void ring_await_record(ring_end *end, int turns, int64_t nanoseconds);
void ring_await_room(ring_end *end, int64_t nanoseconds);

// Wakes the reader, although nothing was written.
void ring_wake(ring_end *end);

// The two calls of futex(2) on a word: sleeps while it has a value, and wakes who does.
void ring_sleep(_Atomic uint32_t *word, uint32_t value, int64_t nanoseconds);
void ring_rouse(_Atomic uint32_t *word, int count);

// How many turns are worth taking before a thread sleeps: none where there is one processor only.
int ring_turns(void);

// Tells the processor that a loop waits.
static inline void ring_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
