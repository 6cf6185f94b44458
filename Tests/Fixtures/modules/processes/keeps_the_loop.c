// Fault: never_returns, declared as AUTH_ANY_THREAD: a check of /hang/... keeps the thread of a door for good. Expected: the host is
// not ready and says why, and it ends when it is told to.
#define THREADS AUTH_ANY_THREAD
#define NAME "keeps_the_loop"
#include "never_returns.c"
