// Users from a CSV file, each line `name,password,group`: a log-in is answered later, from a thread of the module's own, so that
// no file holds up the host. Members of `writers` may write, everybody may read, and `/me/...` is the user's own `/users/NAME/...`.
//
//     cc -std=c11 -shared -fPIC $(pkg-config --cflags authhost) users.c -o libusers.so -lpthread
#define _DEFAULT_SOURCE
#include <authhost/authmodule.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct question {
    const auth_host_t *host;
    auth_token_t token;
    char user[256], password[4097]; // copies: what the host lends ends with the call
} question_t;

static int look_up(const question_t *question, char group[64]) {
    char *line = NULL, name[256], password[4097];
    size_t room = 0;
    int status = AUTH_INVALID_USER, end = 0;
    FILE *file = fopen(question->host->option(question->host, "file", 0), "re");
    while (file && status == AUTH_INVALID_USER && getline(&line, &room, file) > 0) {
        // Each line has three fields with something in each; others are passed over.
        if (sscanf(line, "%255[^,],%4096[^,],%63[^,\r\n]%n", name, password, group, &end) != 3) continue;
        if (line[end + strspn(line + end, "\r\n")] || strcmp(name, question->user) != 0) continue;
        status = strcmp(password, question->password) == 0 ? AUTH_OK : AUTH_INVALID_PASS;
    }
    explicit_bzero(password, sizeof password);
    free(line);
    return file ? fclose(file), status : AUTH_ERROR;
}

static void *answer(void *argument) {
    question_t *question = argument;
    char group[64] = "";
    int status = look_up(question, group);
    auth_pair_t pair = {sizeof pair, 0, AUTH_LITERAL("group"), {group, strlen(group)}};
    const auth_pair_t *pairs[] = {&pair};
    auth_result_t result = {.size = sizeof result, .attributes = pairs, .attribute_count = 1};
    result.user = (auth_string_t){question->user, strlen(question->user)}; // who it is: a yes takes this and AUTH_OK
    result.session_data = strcmp(group, "writers") == 0; // comes back with every check
    question->host->complete(question->host, question->token, status, &result);
    explicit_bzero(question->password, sizeof question->password);
    free(question);
    return NULL;
}

static int init(const auth_host_t *host, void **instance) { return *instance = (void *)host, AUTH_OK; }
static int new_user(void *instance, const auth_login_t *login, auth_result_t *result) {
    pthread_t thread;
    question_t *question = calloc(1, sizeof *question);
    if (!question) return AUTH_ERROR;
    *question = (question_t){.host = instance, .token = login->token};
    memcpy(question->user, login->user.data, login->user.length);
    memcpy(question->password, login->password.data, login->password.length);
    if (pthread_create(&thread, NULL, answer, question) == 0) return pthread_detach(thread), AUTH_DELAYED;
    free(question);
    result->reason_log = AUTH_LITERAL("there is no thread to look the user up");
    return AUTH_ERROR;
}

static int map(void *instance, const auth_mapping_t *mapping, auth_result_t *result) {
    (void)instance;
    if (strncmp(mapping->name.data, "/me/", 4) != 0) return AUTH_FALSE;
    int length = snprintf(result->scratch, result->scratch_size, "/users/%s%s", mapping->user.data, mapping->name.data + 3);
    result->mapped = (auth_string_t){result->scratch, (size_t)length};
    return length < (int)result->scratch_size ? AUTH_OK : AUTH_ERROR;
}

static int check_write(void *instance, const auth_check_t *check, auth_result_t *result) {
    (void)instance;
    if (check->session_data) return AUTH_OK;
    result->reason_log = AUTH_LITERAL("only writers write");
    return AUTH_DENY;
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user) E(auth_map_object, 9, map) E(auth_check_write, 9, check_write)
#define OPTIONS(O) O("file", AUTH_OPTION_PATH, AUTH_REQUIRED, "The CSV file: name,password,group.")
AUTH_MODULE("users", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, OPTIONS);
