// Ends the process, or makes two of it, in the way that the user's name says. Option `init` does so in auth_init.
#define _GNU_SOURCE
#include <authhost/authmodule.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int forever = 1;

static int deep(void) {
    volatile char here[4096] = {0};
    return forever ? deep() + here[1] : 0;
}

static void *fault(void *address) { return *(volatile char *)address ? NULL : address; }

static int end(const char *way) {
    pthread_t thread;
    if (!strcmp(way, "exit")) exit(0);
    if (!strcmp(way, "quick-exit")) quick_exit(0);
    if (!strcmp(way, "_exit")) _exit(0);
    if (!strcmp(way, "crash")) fault((void *)8);
    if (!strcmp(way, "abort")) abort();
    if (!strcmp(way, "overflow")) return deep();
    if (!strcmp(way, "thread") && !pthread_create(&thread, NULL, fault, (void *)8)) pthread_join(thread, NULL);
    if (!strcmp(way, "fork")) {
        pid_t child = fork();
        int status = 0;
        if (child > 0) waitpid(child, &status, 0);
        return child > 0 && status == 0 ? AUTH_ERROR : AUTH_OK;
    }
    return AUTH_OK;
}

static int init(const auth_host_t *host, void **instance) {
    *instance = NULL;
    const char *way = host->option(host, "init", 0);
    return end(way ? way : "");
}

static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    (void)instance;
    result->user = login->user;
    return end(login->user.data);
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user)
#define OPTIONS(O) O("init", AUTH_OPTION_STRING, "", "How auth_init ends the process.")
AUTH_MODULE("ends", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, OPTIONS);
