// Good: good9, declared as AUTH_SERIAL. Expected: the same answers.
#define THREADS AUTH_SERIAL
#define NAME "good9_serial"
#include "good9.c"
