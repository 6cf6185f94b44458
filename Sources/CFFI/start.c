#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern char **environ;
static int argument_count;
static char **arguments;

// glibc hands main()'s arguments to constructors as well (System V ABI, "Initialization and Termination Functions").
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int cffi_argument_count(void) { return argument_count; }
const char *cffi_argument(int index) { return arguments[index]; }

static bool names_variable(const char *entry, const char *name) {
    size_t length = strlen(name);
    return !strncmp(entry, name, length) && entry[length] == '=';
}

// Reads what the kernel was given: `environ` may have lost by now what the dynamic linker has already obeyed.
static int read_environment(char **text, size_t *length) {
    int descriptor = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    size_t room = 1 << 16, used = 0;
    char *buffer = malloc(room + 1);
    int failure = buffer ? 0 : ENOMEM;
    while (!failure) {
        ssize_t count = read(descriptor, buffer + used, room - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) failure = errno;
        if (count <= 0) break;
        used += (size_t)count;
        if (used < room) continue;
        char *larger = realloc(buffer, (room *= 2) + 1);
        if (!larger) failure = ENOMEM;
        else buffer = larger;
    }
    close(descriptor);
    if (failure) {
        free(buffer);
        return failure;
    }
    buffer[used] = 0;
    *text = buffer;
    *length = used;
    return 0;
}

static bool is_named(const char *entry, const char *const *names) {
    for (; *names; names++) {
        if (names_variable(entry, *names)) return true;
    }
    return false;
}

// Says what is dropped; returns whether the entry is one to be dropped.
static bool drops(const char *entry, const char *const *names) {
    const char *value = strchr(entry, '=');
    if (!is_named(entry, names) || !value[1]) return false;
    fprintf(stderr, "authhost: %.*s is dropped: it would load unchecked code\n", (int)(value - entry), entry);
    return true;
}

int cffi_restart_without(const char *const *names) {
    char *text;
    size_t length, kept = 0;
    bool found = false;
    if (read_environment(&text, &length) == 0) {
        for (size_t at = 0; at < length; at += strlen(text + at) + 1) found |= drops(text + at, names);
        free(text);
    } else {
        // Without /proc what is left of it has to do.
        for (char **entry = environ; entry && *entry; entry++) found |= drops(*entry, names);
    }
    if (!found) return 0;
    for (char **entry = environ; entry && *entry; entry++) {
        if (!is_named(*entry, names)) environ[kept++] = *entry;
    }
    if (environ) environ[kept] = NULL;
    execve("/proc/self/exe", arguments, environ);
    return errno;
}

void cffi_return_freed_memory(void) { mallopt(M_TRIM_THRESHOLD, 128 * 1024); }

// What is not writable has the bytes of its file: a page that is given back is found there again.
static int give_back(struct dl_phdr_info *object, size_t size, void *page) {
    (void)size;
    uintptr_t mask = *(uintptr_t *)page - 1;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || header->p_flags & PF_W) continue;
        uintptr_t start = (object->dlpi_addr + header->p_vaddr) & ~mask;
        madvise((void *)start, object->dlpi_addr + header->p_vaddr + header->p_memsz - start, MADV_DONTNEED);
    }
    return 0;
}

void cffi_give_back(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    malloc_trim(0);
    dl_iterate_phdr(give_back, &page);
}
