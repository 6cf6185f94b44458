// Starts one program. A C function of its own, because posix_spawn(3) can neither run a descriptor that was checked
// before (execveat(2)) nor change the user with its groups, and swift-subprocess can do neither nor close descriptors.
#ifndef EXEC_SPAWN_COMMAND_H
#define EXEC_SPAWN_COMMAND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keeper.h"

typedef struct exec_spawn {
    // The program, opened with O_PATH and O_CLOEXEC, at least 3.
    int program;
    // The same program's resolved path, for scripts: their interpreter opens it by name.
    const char *path;
    char *const *arguments;
    char *const *environment;
    // Become 0, 1 and 2; each at least 3.
    int input;
    int output;
    int errors;
    // The user to become, where changes_user is not 0.
    int changes_user;
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t group_count;
} exec_spawn_t;

// What could not be done, for the message.
enum { EXEC_STAGE_NONE, EXEC_STAGE_FORK, EXEC_STAGE_DESCRIPTORS, EXEC_STAGE_USER, EXEC_STAGE_PROGRAM };

// Starts the program in a session of its own: signals at their defaults and unblocked, every other descriptor closed,
// no core file. Returns the process id of its keeper after the program was loaded; or -errno, with the stage in *stage, and
// then there is no process left and no keeper. Blocks until the program is loaded.
// OWNERSHIP: *keeper is the caller's, to be given to exec_keeper_finish.
pid_t exec_spawn(const exec_spawn_t *spawn, int *stage, exec_keeper_t **keeper);

// The descriptor of a child that was not reaped yet, close-on-exec; or -errno.
int exec_open_process(pid_t process);

// Opens a file to be looked at and run (O_PATH), not through a link as its last part, close-on-exec; or -errno.
int exec_open_program(const char *path);

// Makes a pipe, close-on-exec: 0 or -errno.
int exec_open_pipe(int ends[2]);

// Makes an event counter (eventfd), close-on-exec, that does not block; or -errno.
int exec_open_event(void);

#endif
