// Fault: the one of two helper processes that makes the file of its option is initialised, the other returns 1, which is no
// AUTH_OK of generation 9. Expected: refused in two processes, whichever of them answers first; good in one.
#include "fixture.h"

#include <fcntl.h>

static int init(const auth_host_t *table, void **instance) {
    host = table;
    int file = open(host->option(host, "file", 0), O_CREAT | O_EXCL | O_WRONLY, 0600);
    return file >= 0 ? (close(file), AUTH_OK) : 1;
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) OPTION("file", AUTH_OPTION_PATH, "/dev/null", "What is made.")
AUTH_MODULE("one_succeeds", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
