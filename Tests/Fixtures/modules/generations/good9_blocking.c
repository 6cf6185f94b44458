// Good: good9, declared as AUTH_BLOCKING. Expected: the same answers.
#define THREADS AUTH_BLOCKING
#define NAME "good9_blocking"
#include "good9.c"
