#define _GNU_SOURCE
#include "cthreads.h"

#include <errno.h>
#include <time.h>

int cthreads_wait(sem_t *semaphore, int64_t nanoseconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec += nanoseconds % 1000000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    for (;;) {
        if (sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) == 0) return 0;
        if (errno != EINTR) return errno;
    }
}
