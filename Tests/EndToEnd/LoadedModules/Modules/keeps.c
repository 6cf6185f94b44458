// Answers a log-in of `slow` when a byte can be read from the fifo that the option names, on the thread that asks, which such a
// module must never keep.
#include <authhost/authmodule.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const auth_host_t *host;

static int init(const auth_host_t *functions, void **instance) {
    (void)instance;
    host = functions;
    return AUTH_OK;
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    if (strcmp(login->user.data, "slow") != 0) return AUTH_OK;
    host->log(host, AUTH_LOG_NOTIFY, "was asked");
    int fifo = open(host->option(host, "fifo", 0), O_RDONLY);
    char byte = 0;
    ssize_t count = read(fifo, &byte, 1);
    close(fifo);
    return count == 1 ? AUTH_OK : AUTH_ERROR;
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user)
#define OPTIONS(O) O("fifo", AUTH_OPTION_PATH, AUTH_REQUIRED, "What to read from.")
AUTH_MODULE("keeps", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
