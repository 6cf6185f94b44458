// libFuzzer's loop, started from a main of our own: SwiftPM links one main, and libFuzzer's would be a second.
#ifndef FUZZ_DRIVER_H
#define FUZZ_DRIVER_H
#include <stddef.h>
#include <stdint.h>

// Runs `one` on inputs until a command-line limit is reached or it stops the process. Returns the exit status.
int fuzz_run(int *argc, char ***argv, int (*one)(const uint8_t *data, size_t size));

#endif
