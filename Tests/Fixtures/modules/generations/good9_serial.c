// Good: good9, declared as AUTH_SERIAL, with the other spelling of the write check. Expected: the same answers.
#define THREADS AUTH_SERIAL
#define NAME "good9_serial"
#define WRITE checkWrite
#include "good9.c"
