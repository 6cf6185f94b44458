// A host in small: loads module.c, compiled with the headers of any revision, and asks it. Compiled with the headers of each
// revision, too. Ends with 1, and says what was wrong, where an answer is not the one expected.
#include <authhost/authmodule.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;
static char said[64];

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "revisions: %s\n", what);
    failed = 1;
}

static void log_line(const auth_host_t *host, int severity, const char *text) {
    (void)host, (void)severity;
    snprintf(said, sizeof said, "%s", text);
}
static int rules_state(const auth_host_t *host, uint32_t state, const char *reason) {
    return (void)host, (void)state, (void)reason, 0;
}

static auth_string_t text(const char *literal) {
    const auth_string_t string = {literal, strlen(literal)};
    return string;
}

static const auth_module_t *module;

// Steps by the module's own size, as the header says.
static auth_function_t entry(const char *name) {
    for (uint32_t i = 0; i < module->entry_count; i++) {
        const auth_entry_t *row = (const void *)((const char *)module->entries + (size_t)i * module->entry_size);
        if (strcmp(row->name, name) == 0) return row->function;
    }
    fprintf(stderr, "revisions: there is no `%s`\n", name);
    exit(1);
}

// A result record as a host lends it: 512 zeroed bytes, of which it knows the first.
typedef union {
    auth_result_t record;
    char room[512];
} lent_t;

static auth_result_t *lend(lent_t *lent) {
    memset(lent, 0, sizeof *lent);
    lent->record.size = sizeof lent->record;
    return &lent->record;
}

static void ask_login(void *instance) {
    lent_t lent;
    auth_login_t login = {.size = sizeof login, .user = text("ann"), .password = text("right")};
    login.address = login.application_id = login.machine_id = login.door = text("");
    auth_new_user_9_fn *new_user = (auth_new_user_9_fn *)entry("auth_new_user");
    auth_result_t *result = lend(&lent);
    expect(new_user(instance, &login, result) == AUTH_OK, "a right password is refused");
    expect(AUTH_EQUAL(result->user, "ann") && result->session_limit == 3, "the answer to a log-in is not what was said");
    login.password = text("wrong");
    expect(new_user(instance, &login, lend(&lent)) == AUTH_INVALID_PASS, "a wrong password is accepted");
}

static void ask_batch(void *instance) {
    enum { rows = 4 };
    static const char *names[rows] = {"/a", "/deny/b", "/fields/6", "/fields/5"};
    static const int expected[rows] = {AUTH_OK, AUTH_DENY, AUTH_OK, AUTH_DENY};
    auth_pair_t pairs[3];
    const auth_pair_t *fields[3];
    auth_object_t objects[rows];
    auth_check_t checks[rows];
    lent_t lent[rows];
    const auth_check_t *check_rows[rows];
    auth_result_t *results[rows];
    for (int i = 0; i < 3; i++) {
        pairs[i] = (auth_pair_t){.size = sizeof pairs[i], .name = text("n"), .value = text("v")};
        fields[i] = &pairs[i];
    }
    for (int i = 0; i < rows; i++) {
        objects[i] = (auth_object_t){.size = sizeof objects[i], .type = AUTH_OBJECT_UNKNOWN, .name = text(names[i])};
        checks[i] = (auth_check_t){.size = sizeof checks[i], .user = text("ann"), .requested = text(names[i]),
                                   .object = &objects[i], .contribution_id = text("")};
        checks[i].action = i < 2 ? AUTH_ACTION_READ : AUTH_ACTION_WRITE;
        if (i >= 2) checks[i].fields = fields, checks[i].field_count = 3;
        check_rows[i] = &checks[i];
        results[i] = lend(&lent[i]);
    }
    expect(((auth_check_batch_9_fn *)entry("auth_check_batch"))(instance, check_rows, rows, results) == AUTH_OK,
           "the batch is not answered");
    for (int i = 0; i < rows; i++) {
        expect(results[i]->status == expected[i], names[i]);
        expect(results[i]->reason_log.data == names[i], "a reason is another row's");
    }
}

int main(int count, char **arguments) {
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    void *symbol = library ? dlsym(library, "auth_module") : NULL;
    if (!symbol) return fprintf(stderr, "revisions: %s\n", dlerror()), 3;
    auth_module_fn *describe;
    memcpy(&describe, &symbol, sizeof describe);
    module = describe(9, sizeof *module);
    expect(module->generation == 9 && module->draft == AUTH_DRAFT, "the descriptor is not what was compiled");
    const auth_option_t *second = (const void *)((const char *)module->options + module->option_size);
    expect(module->option_count == 2 && strcmp(second->default_value, "two") == 0, "the options are not what was compiled");
    auth_host_t host = {.size = sizeof host, .generation = 9, .draft = AUTH_DRAFT, .log = log_line,
                        .rules_state = rules_state};
    void *instance = NULL;
    expect(((auth_init_9_fn *)entry("auth_init"))(&host, &instance) == AUTH_OK, "auth_init fails");
    ask_login(instance);
    ask_batch(instance);
    auth_end_t ended = {.size = sizeof ended, .user = text("ann")};
    expect(((auth_free_user_9_fn *)entry("auth_free_user"))(instance, &ended) == AUTH_OK && strcmp(said, "ann") == 0,
           "the end of a session is not told");
    return failed;
}
