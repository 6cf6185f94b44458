// Files in memory that can no longer be changed.
#define _GNU_SOURCE
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int open_memory(const char *name) {
    // MFD_EXEC (0x10, Linux 6.3) says what an older kernel grants unasked.
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x10u);
    return file < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : file;
}

static int put(int file, const char *bytes, size_t count) {
    for (size_t done = 0; done < count;) {
        ssize_t written = write(file, bytes + done, count - done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return -1;
        done += (size_t)written;
    }
    return 0;
}

static int seal(int file) {
    // EBUSY while the kernel itself still holds a page that was written (fcntl(2)): it lets go of them soon.
    for (int tries = 0; tries < 500; tries++) {
        if (fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) return 0;
        if (errno != EBUSY) break;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    return -1;
}

static int give_up(int file, int result) {
    int failure = errno;
    close(file);
    errno = failure;
    return result;
}

int cffi_memory_file(const char *name, const void *bytes, size_t count) {
    int file = open_memory(name);
    if (file < 0) return -1;
    return put(file, bytes, count) == 0 && seal(file) == 0 ? file : give_up(file, -1);
}

int cffi_memory_copy(const char *name, int source, size_t count) {
    int file = open_memory(name);
    if (file < 0) return -1;
    // Small enough to stay in the processor's cache between the two calls.
    char piece[64 * 1024];
    for (size_t done = 0; done < count;) {
        size_t wanted = count - done < sizeof piece ? count - done : sizeof piece;
        ssize_t got = pread(source, piece, wanted, (off_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = EIO;
        if (got <= 0) return give_up(file, -2);
        if (put(file, piece, (size_t)got) != 0) return give_up(file, -1);
        done += (size_t)got;
    }
    return seal(file) == 0 ? file : give_up(file, -1);
}
