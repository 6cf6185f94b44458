// Loads one module of the museum with the live header and asks it: museum_runs FILE GENERATION. Ends with 1 where it
// answers otherwise than when it was built. GENERATION: 6, 7, or 0 for a bare module of generation 7.
#define AUTH_GENERATION 7
#include <authhost/authmodule.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int logged, completed, failures;
static session_t *const session = (session_t *)(uintptr_t)42;

static void expect(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "museum_runs: %s\n", what);
    failures++;
}

static void log_line(const auth_host_t *host, int severity, const char *text) {
    (void)host;
    logged += severity == AUTH_LOG_INFO && strstr(text, "museum") != NULL;
}

static auth_token_t pending(const auth_host_t *host, const session_t *of) {
    (void)host;
    return of == session ? 7 : 0;
}

static int complete(const auth_host_t *host, auth_token_t token, int status, const auth_result_t *result) {
    (void)host;
    completed += token == 7 && status == AUTH_OK && result == NULL;
    return AUTH_COMPLETE_TAKEN;
}

// Finds an entry in the descriptor, under the version, or as a symbol where there is none.
static auth_function_t entry(void *library, const auth_module_t *module, const char *name, unsigned version,
                             const char *signature) {
    auth_function_t function = NULL;
    if (!module) *(void **)&function = dlsym(library, name);
    for (uint32_t i = 0; module && i < module->entry_count; i++) {
        const auth_entry_t *row = (const auth_entry_t *)((const char *)module->entries + i * module->entry_size);
        if (strcmp(row->name, name) == 0 && row->version == version && strcmp(row->signature, signature) == 0)
            function = row->function;
    }
    if (!function) {
        fprintf(stderr, "museum_runs: there is no `%s` version %u with the signature `%s`\n", name, version, signature);
        exit(1);
    }
    return function;
}

#define ENTRY(name, version) \
    ((name##_##version##_fn *)entry(library, module, #name, version, AUTH_SIGNATURE_##name##_##version))

static void ask_users(auth_new_user_6_fn *new_user) {
    char alice[] = "alice", deny[] = "deny", late[] = "late", pass[] = "secret";
    expect(new_user(session, alice, pass) == AUTH_OK, "auth_new_user does not let alice in");
    expect(new_user(session, deny, pass) == AUTH_DENY, "auth_new_user lets deny in");
    expect(new_user(session, late, pass) == AUTH_DELAYED && completed == 1, "auth_new_user does not complete late");
}

static void ask6(void *library, const auth_module_t *module) {
    char name[] = "/m/x", mapped[4096] = "";
    int length = sizeof mapped;
    object_t object = {.size = sizeof object, .type = AUTH_OBJECT_UNKNOWN, .name = "/deny/x"};
    expect(ENTRY(auth_map_object, 6)(session, name, mapped, &length) == AUTH_OK && length == 9
               && strcmp(mapped, "/mapped/x") == 0, "auth_map_object maps to something else");
    expect(ENTRY(auth_check_read, 6)(session, &object) == AUTH_DENY, "auth_check_read does not deny");
    expect(ENTRY(auth_check_write, 6)(session, &object) == AUTH_DENY, "auth_check_write does not deny");
}

static void ask7(void *library, const auth_module_t *module) {
    char requested[] = "/r", name[] = "/m/x", mapped[4096] = "";
    int length = sizeof mapped;
    object_t object = {.size = sizeof object, .type = AUTH_OBJECT_UNKNOWN, .name = "/deny/x"};
    auth_check_write_7_fn *write = module ? ENTRY(auth_check_write, 7) : ENTRY(checkWrite, 7);
    expect(ENTRY(auth_map_object, 7)(session, requested, name, mapped, &length) == AUTH_OK && length == 9
               && strcmp(mapped, "/mapped/x") == 0, "auth_map_object maps to something else");
    expect(ENTRY(auth_check_read, 7)(session, &object, requested) == AUTH_DENY, "auth_check_read does not deny");
    expect(write(session, &object, requested) == AUTH_DENY, "the write check does not deny");
}

int main(int count, char **arguments) {
    unsigned generation = count == 3 ? (unsigned)atoi(arguments[2]) : 0;
    void *library = count == 3 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    const auth_module_t *module = NULL;
    static auth_host_t host = {.size = sizeof host, .generation = 9, .draft = AUTH_DRAFT, .log = log_line,
                               .complete = complete, .pending = pending};
    auth_module_fn *descriptor = NULL;
    if (!library) return fprintf(stderr, "museum_runs: %s\n", count == 3 ? dlerror() : "FILE GENERATION"), 1;
    *(void **)&descriptor = dlsym(library, "auth_module");
    if (generation) {
        module = descriptor ? descriptor(9, sizeof(auth_module_t)) : NULL;
        if (!module || module->magic != AUTH_MAGIC || module->size > sizeof *module || module->generation != generation)
            return fprintf(stderr, "museum_runs: %s has another descriptor than it had\n", arguments[1]), 1;
    }
    auth_init_6_fn *init = generation == 6 ? ENTRY(auth_init, 6) : ENTRY(auth_init, 7);
    expect(init(&host) == AUTH_OK && logged == 1, "auth_init fails or does not log");
    ask_users(generation == 6 ? ENTRY(auth_new_user, 6) : ENTRY(auth_new_user, 7));
    (generation == 6 ? ask6 : ask7)(library, module);
    return failures != 0;
}
