// The records that generations 6 and 7 alone exchange. Frozen. A module of generation 9 does not include this header: its
// names have no prefix, as Liberator's SDK has none.
#ifndef AUTHHOST_TYPES6_H
#define AUTHHOST_TYPES6_H

#include "types.h"

// A session of generations 6 and 7: a handle in a pointer's clothes.
// Never dereference it; pass it back to host functions, compare it, use it as a key.
typedef struct session session_t;

// One contributed field, and one row of a global permission object.
typedef struct string_pair {
    char *name;
    char *value;
} string_pair_t;

typedef struct auth_map {
    char *name;
    char *value;
} auth_map_t;

typedef enum auth_perm_operation {
    AUTH_PERM_ADD = 1,
    AUTH_PERM_REMOVE = 2,
    AUTH_PERM_CLEAR = 3
} auth_perm_operation_t;

typedef enum http_method {
    HTTP_METHOD_GET = 1,
    HTTP_METHOD_HEAD = 2,
    HTTP_METHOD_POST = 3,
    HTTP_METHOD_PUT = 4,
    HTTP_METHOD_DELETE = 5,
    HTTP_METHOD_OTHER = 6
} http_method_t;

// An object while the host holds it.
// OWNERSHIP: the host's; valid from auth_new_object to the return of auth_free_object, or else for one call.
typedef struct object {
    uint32_t size;
    int32_t type;          // 200: type and content are not known yet; 201: a record; 220: a directory
    uint64_t handle;       // the same value for the same object as long as it lives
    const char *name;      // after mapping; UTF-8, NUL-terminated, 1...4095 bytes
    struct object *parent; // NULL for a root
} object_t;

// What Liberator's event callback is given (generations 6 and 7).
// OWNERSHIP: the module's; the host copies before the callback returns.
typedef struct logininfo {
    const auth_host_t *host;
    session_t *session;
} logininfo_t;

typedef struct mapinfo {
    const auth_host_t *host;
    session_t *session;
    const char *name;   // the name that was to be mapped
    const char *mapped; // the new name; read when the code is AUTH_OK
} mapinfo_t;

typedef struct checkwriteinfo {
    const auth_host_t *host;
    session_t *session;
    const char *name;       // the object's name, after mapping
    const char *contrib_id; // NULL when the write had none
} checkwriteinfo_t;

#define THREADS_AUTH_LOGIN 1
#define THREADS_AUTH_MAPPED 2
#define THREADS_AUTH_CHECKWRITE 3

#endif
