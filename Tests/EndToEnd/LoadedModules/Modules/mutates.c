// Damages a module's file again and again, and loads what comes of it as the host does: in a child process first, and in
// this one where that went well. Ends with 0 and counts when it has outlived all of them.
//
//   mutates MODULE SEED COUNT
#define _GNU_SOURCE
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t state;

// SplitMix64.
static uint64_t draw(uint64_t below) {
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

int main(int count, char **arguments) {
    static unsigned char original[1 << 20], bytes[1 << 20];
    FILE *file = count == 4 ? fopen(arguments[1], "r") : NULL;
    if (!file) return 3;
    size_t size = fread(original, 1, sizeof original, file);
    state = strtoull(arguments[2], NULL, 10);
    int outcomes[6] = {0};
    for (long left = atol(arguments[3]); left > 0; left--) {
        memcpy(bytes, original, size);
        // Mostly where the dynamic linker looks: the headers, and the tables that follow them.
        for (uint64_t i = draw(8) + 1; i; i--) bytes[draw(draw(2) ? size : 4096)] = (unsigned char)draw(256);
        int copy = cffi_memory_file("mutated", bytes, size);
        if (copy < 0) return perror("memory"), 1;
        char path[64];
        // Descriptors stay open, so that no path comes twice; numbers are few enough.
        snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
        cffi_trial trial = cffi_try(path, 9, 20000000000);
        outcomes[trial.outcome]++;
        if (trial.outcome != CFFI_TRIAL_GOOD) close(copy);
        if (trial.outcome == CFFI_TRIAL_SYSTEM) return 1;
        if (trial.outcome == CFFI_TRIAL_GOOD && !cffi_open(path)) return 1;
    }
    printf("%d loaded, %d refused by the linker, %d by a signal, %d by an exit, %d hung\n", outcomes[0], outcomes[1],
           outcomes[2], outcomes[3], outcomes[4]);
    fflush(stdout);
    _exit(0);
}
