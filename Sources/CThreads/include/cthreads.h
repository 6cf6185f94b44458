// What Linux has for threads and Swift's own module of the C library does not show: sem_clockwait(3).
#ifndef AUTHHOST_CTHREADS_H
#define AUTHHOST_CTHREADS_H

#include <semaphore.h>
#include <stdint.h>

// Waits at most so long, on the monotonic clock; returns 0 where the semaphore was signalled, else an errno.
int cthreads_wait(sem_t *_Nonnull semaphore, int64_t nanoseconds);

#endif
