// Answers a login when a byte can be read from the fifo that the option names: the test decides when that is.
#include <authhost/authmodule.h>
#ifndef THREADS
#define THREADS AUTH_BLOCKING
#endif
#include <fcntl.h>
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
    host->log(host, AUTH_LOG_NOTIFY, "was asked");
    int fifo = open(host->option(host, "fifo", 0), O_RDONLY);
    char byte = 0;
    ssize_t count = read(fifo, &byte, 1);
    close(fifo);
    return count == 1 ? AUTH_OK : AUTH_ERROR;
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user)
#define OPTIONS(O) O("fifo", AUTH_OPTION_PATH, AUTH_REQUIRED, "What to read from.")
AUTH_MODULE("waits", "1.0", 9, THREADS, ENTRIES, OPTIONS);
