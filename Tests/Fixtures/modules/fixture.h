// What the fixtures share: the host table, a log line with a format, and entries that allow everything.
// Each fixture is a file of its own, compiled alone; its first line says what is wrong with it and what must happen.
#ifndef FIXTURE_H
#define FIXTURE_H

#include <authhost/authmodule.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAYBE __attribute__((unused)) static
#define FIXTURE(name, threads, ENTRIES) AUTH_MODULE(name, "1.0", 9, threads, ENTRIES, AUTH_NO_OPTIONS)
#define FIXTURE7(name, ENTRIES) AUTH_MODULE(name, "1.0", 7, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS)

// Written by auth_init, which returns before any other entry is called, and only read after that.
static const auth_host_t *host;

__attribute__((unused, format(printf, 1, 2))) static void say(const char *format, ...) {
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (host) host->log(host, AUTH_LOG_INFO, line);
}

MAYBE int is(auth_string_t text, const char *other) { return text.data && strcmp(text.data, other) == 0; }
MAYBE int begins(const char *text, const char *start) { return strncmp(text, start, strlen(start)) == 0; }
MAYBE auth_string_t string(const char *text) { return (auth_string_t){text, strlen(text)}; }
MAYBE void hang(void) { for (;;) pause(); }

// Who logs in on this thread: said in an answer at once, and kept for one that comes later.
__attribute__((unused)) static __thread char asked_user[256];
#if !defined(AUTH_GENERATION) || AUTH_GENERATION >= 9
MAYBE void names(const auth_login_t *login, auth_result_t *result) {
    snprintf(asked_user, sizeof asked_user, "%s", login->user.data);
    result->user = login->user;
}
#endif

// An answer on its way: a thread of its own gives it.
typedef struct later {
    auth_token_t token;
    int status, times;
    char mapped[256], user[256];
} later_t;

MAYBE void *answer(void *argument) {
    later_t *later = argument;
    auth_result_t result = {.size = sizeof result, .mapped = string(later->mapped), .user = string(later->user)};
    for (int i = 0; i < later->times; i++)
        say("complete returned %d",
            host->complete(host, later->token, later->status, &result));
    free(later);
    return NULL;
}

// Runs `body` with `argument`, which it takes over, on a thread that is not waited for.
MAYBE int detach(void *(*body)(void *), void *argument) {
    pthread_t thread;
    if (argument && pthread_create(&thread, NULL, body, argument) == 0) return pthread_detach(thread), AUTH_DELAYED;
    free(argument);
    return AUTH_ERROR;
}

// Completes `token` so many times from a thread, and says that the answer is delayed.
MAYBE int answer_later(auth_token_t token, int status, int times, const char *mapped) {
    later_t *later = calloc(1, sizeof *later);
    if (!later) return AUTH_ERROR;
    later->token = token;
    later->status = status;
    later->times = times;
    snprintf(later->mapped, sizeof later->mapped, "%s", mapped);
    snprintf(later->user, sizeof later->user, "%s", asked_user);
    return detach(answer, later);
}

#if !defined(AUTH_GENERATION) || AUTH_GENERATION >= 9
MAYBE int init9(const auth_host_t *table, void **instance) { return host = table, *instance = NULL, AUTH_OK; }
MAYBE int user9(void *instance, const auth_login_t *login, auth_result_t *result) {
    return names(login, result), AUTH_OK;
}
MAYBE int check9(void *instance, const auth_check_t *check, auth_result_t *result) { return AUTH_OK; }
#else
MAYBE int init7(const auth_host_t *table) { return host = table, AUTH_OK; }
MAYBE int user7(session_t *session, char *user, char *pass) { return AUTH_OK; }
MAYBE int read7(session_t *session, object_t *object, char *requested) { return AUTH_OK; }
#endif

#endif
