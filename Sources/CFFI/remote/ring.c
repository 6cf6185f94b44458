#define _GNU_SOURCE
#include "ring.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HEAD sizeof(uint64_t)

// Bytes that a record takes, with its length in front.
static size_t footprint(size_t count) { return HEAD + (count + 7) / 8 * 8; }

void ring_sleep(_Atomic uint32_t *word, uint32_t value, int64_t nanoseconds) {
    struct timespec limit = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    syscall(SYS_futex, word, FUTEX_WAIT, value, nanoseconds < 0 ? NULL : &limit, NULL, 0);
}

void ring_rouse(_Atomic uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0); }

// Wakes who has said that it sleeps.
static void rouse_sleeper(_Atomic uint32_t *word) {
    // What was stored before is seen by who looks again after saying so.
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(word, memory_order_relaxed) == 0) return;
    atomic_store(word, 0);
    ring_rouse(word, INT_MAX);
}

static void copy_in(ring *shared, uint64_t at, const void *bytes, size_t count) {
    size_t start = at % RING_SIZE, first = count < RING_SIZE - start ? count : RING_SIZE - start;
    memcpy(shared->bytes + start, bytes, first);
    memcpy(shared->bytes, (const uint8_t *)bytes + first, count - first);
}

// Copies out, and clears what was there: passwords go through here.
static void copy_out(ring *shared, uint64_t at, void *bytes, size_t count) {
    size_t start = at % RING_SIZE, first = count < RING_SIZE - start ? count : RING_SIZE - start;
    memcpy(bytes, shared->bytes + start, first);
    memcpy((uint8_t *)bytes + first, shared->bytes, count - first);
    memset(shared->bytes + start, 0, first);
    memset(shared->bytes, 0, count - first);
}

enum ring_result ring_put(ring_end *end, const void *bytes, size_t count) {
    if (count == 0 || count > RING_LONGEST) return RING_FULL;
    uint64_t taken = atomic_load_explicit(&end->shared->taken, memory_order_acquire);
    uint64_t used = end->position - taken;
    if (used > RING_SIZE || taken % 8) return RING_BROKEN;
    if (footprint(count) > RING_SIZE - used) return RING_FULL;
    uint64_t length = count;
    copy_in(end->shared, end->position, &length, HEAD);
    copy_in(end->shared, end->position + HEAD, bytes, count);
    end->position += footprint(count);
    atomic_store_explicit(&end->shared->written, end->position, memory_order_release);
    rouse_sleeper(&end->shared->reader_sleeps);
    return RING_DONE;
}

enum ring_result ring_take(ring_end *end, uint8_t **bytes, size_t *count) {
    uint64_t written = atomic_load_explicit(&end->shared->written, memory_order_acquire);
    uint64_t there = written - end->position, length;
    if (there == 0) return RING_EMPTY;
    if (there > RING_SIZE || written % 8 || there < HEAD) return RING_BROKEN;
    copy_out(end->shared, end->position, &length, HEAD);
    // From here on the length is this side's own.
    if (length == 0 || length > RING_LONGEST || footprint(length) > there) return RING_BROKEN;
    uint8_t *copy = malloc(length);
    if (!copy) return RING_EMPTY;
    copy_out(end->shared, end->position + HEAD, copy, length);
    end->position += footprint(length);
    atomic_store_explicit(&end->shared->taken, end->position, memory_order_release);
    rouse_sleeper(&end->shared->writer_sleeps);
    *bytes = copy;
    *count = length;
    return RING_DONE;
}

// Sleeps on a word while a position of the other side is as it was.
static void await(_Atomic uint64_t *position, uint64_t known, _Atomic uint32_t *sleeps, int turns, int64_t nanoseconds) {
    for (int turn = 0; turn < turns; turn++) {
        if (atomic_load_explicit(position, memory_order_acquire) != known) return;
        ring_pause();
    }
    atomic_store(sleeps, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(position, memory_order_acquire) == known) ring_sleep(sleeps, 1, nanoseconds);
    atomic_store(sleeps, 0);
}

void ring_await_record(ring_end *end, int turns, int64_t nanoseconds) {
    await(&end->shared->written, end->position, &end->shared->reader_sleeps, turns, nanoseconds);
}

void ring_await_room(ring_end *end, int64_t nanoseconds) {
    uint64_t taken = atomic_load_explicit(&end->shared->taken, memory_order_acquire);
    if (end->position - taken > RING_SIZE / 2) {
        await(&end->shared->taken, taken, &end->shared->writer_sleeps, 0, nanoseconds);
    }
}

void ring_wake(ring_end *end) {
    atomic_store(&end->shared->reader_sleeps, 0);
    ring_rouse(&end->shared->reader_sleeps, INT_MAX);
}

int ring_turns(void) {
    static _Atomic int turns = -1;
    int known = atomic_load_explicit(&turns, memory_order_relaxed);
    if (known < 0) {
        known = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 400 : 0;
        atomic_store_explicit(&turns, known, memory_order_relaxed);
    }
    return known;
}
