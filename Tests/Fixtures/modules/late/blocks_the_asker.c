// Fault: blocking_slow, declared as AUTH_ANY_THREAD: it blocks the thread that asks. Expected: an event that names entry and thread,
// not ready until it has returned, and asked on threads of its own from then on.
#define THREADS AUTH_ANY_THREAD
#define NAME "blocks_the_asker"
#include "blocking_slow.c"
