// A small process between us and a program, which ends whatever the program leaves behind: also processes that have made
// sessions of their own, whose parents are gone. It is a child subreaper, prctl(2); this process cannot be one itself, since
// it would become the parent of what other modules leave behind on purpose.
#ifndef EXEC_KEEPER_H
#define EXEC_KEEPER_H

#include <signal.h>
#include <sys/types.h>

// Tells a keeper to end the program and everything it started, at once. SIGTERM asks them to end.
#define EXEC_END_SIGNAL SIGUSR1

typedef struct exec_keeper exec_keeper_t;

// Starts a keeper, which calls begin: it returns the program's process id, or -1. To be called with all signals blocked.
// The keeper ends when the program has ended and none of its descendants is left. Returns its process id, or -errno.
// OWNERSHIP: *result is the caller's, to be given to exec_keeper_finish after the process was reaped.
pid_t exec_keep(pid_t (*begin)(void *), void *argument, exec_keeper_t **result);

// Returns wait(2)'s status of the program, -1 where it is not known, and frees the keeper, which was reaped.
int exec_keeper_finish(exec_keeper_t *keeper);

#endif
