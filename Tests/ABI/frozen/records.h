// The records of generations 6 and 7 as they were released. This copy never changes; frozen_agrees.c compares.
// Pointers to records are to the live ones, so that the compiler can compare the types of members.
#ifndef FROZEN_RECORDS_H
#define FROZEN_RECORDS_H

#include <authhost/types.h>
#include <authhost/descriptor.h>

typedef struct frozen_string_pair {
    char *name;
    char *value;
} frozen_string_pair_t;

typedef struct frozen_auth_map {
    char *name;
    char *value;
} frozen_auth_map_t;

typedef struct frozen_logininfo {
    const auth_host_t *host;
    session_t *session;
} frozen_logininfo_t;

typedef struct frozen_mapinfo {
    const auth_host_t *host;
    session_t *session;
    const char *name;
    const char *mapped;
} frozen_mapinfo_t;

typedef struct frozen_checkwriteinfo {
    const auth_host_t *host;
    session_t *session;
    const char *name;
    const char *contrib_id;
} frozen_checkwriteinfo_t;

typedef struct frozen_object {
    uint32_t size;
    int32_t type;
    uint64_t handle;
    const char *name;
    struct object *parent;
} frozen_object_t;

typedef struct frozen_auth_entry {
    const char *name;
    uint32_t version;
    uint32_t reserved;
    const char *signature;
    auth_function_t function;
} frozen_auth_entry_t;

typedef struct frozen_auth_option {
    const char *name;
    uint32_t type;
    uint32_t reserved;
    const char *default_value;
    const char *help;
} frozen_auth_option_t;

typedef struct frozen_auth_module {
    uint32_t magic;
    uint32_t size;
    uint32_t generation;
    uint32_t draft;
    uint32_t threads;
    uint32_t entry_size;
    uint32_t entry_count;
    uint32_t option_size;
    uint32_t option_count;
    uint32_t reserved;
    const char *name;
    const char *version;
    const auth_entry_t *entries;
    const auth_option_t *options;
} frozen_auth_module_t;

typedef struct frozen_auth_host {
    uint32_t size;
    uint32_t generation;
    uint32_t draft;
    uint32_t reserved;
    void *context;
    void (*log)(const auth_host_t *host, int severity, const char *text);
    const char *(*option)(const auth_host_t *host, const char *name, size_t index);
    int64_t (*time)(const auth_host_t *host);
    int64_t (*monotonic_time)(const auth_host_t *host);
    int (*complete)(const auth_host_t *host, auth_token_t token, int status, const auth_result_t *result);
    auth_token_t (*pending)(const auth_host_t *host, const session_t *session);
    void (*event)(void *data, short event, short code);
    int (*eject)(const auth_host_t *host, const char *user, int count, const char *application_id,
                 const char *machine_id);
    int (*invalidate)(const auth_host_t *host, uint32_t scope, const char *name, auth_session_t session);
    int64_t (*session_attribute)(const auth_host_t *host, auth_session_t session, uint32_t attribute, char *buffer,
                                 size_t size);
} frozen_auth_host_t;

#endif
