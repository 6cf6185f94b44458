// The records that host and module exchange.
//
// Every record that may grow starts with its size: a reader looks only at members inside it. A writer that finds a
// size it does not know uses the members it knows. Members are only ever added at the end.
#ifndef AUTHHOST_TYPES_H
#define AUTHHOST_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef struct auth_host auth_host_t;

// A 64-bit generation handle of the host: never a pointer, never reused while anyone may still hold it.
typedef uint64_t auth_token_t;

// The same for a session of generation 9. 0 is no session.
typedef uint64_t auth_session_t;

// A session of generations 6 and 7: a handle in a pointer's clothes.
// Never dereference it; pass it back to host functions, compare it, use it as a key.
typedef struct session session_t;

// UTF-8 bytes: `length` of them at `data`, and a NUL behind them. What the host hands over has a `data` that is never null:
// "not given" is length 0. A module may leave a null `data` with length 0 for what it does not say.
// OWNERSHIP: stands at each use.
typedef struct auth_string {
    const char *data;
    size_t length;
} auth_string_t;

// A text of the module's own, from a literal: its length is counted by the compiler, and a NUL inside is no end.
#define AUTH_LITERAL(literal) auth_literal_("" literal, sizeof("" literal) - 1)

// Whether a string is a literal, byte for byte; 1 or 0. A string without `data` equals "".
#define AUTH_EQUAL(string, literal) auth_equal_((string), "" literal, sizeof("" literal) - 1)

static inline auth_string_t auth_literal_(const char *data, size_t length) {
    auth_string_t string;
    string.data = data;
    string.length = length;
    return string;
}

static inline int auth_equal_(auth_string_t string, const char *data, size_t length) {
    size_t i;
    if (string.length != length) return 0;
    for (i = 0; i < length; i++)
        if (string.data[i] != data[i]) return 0;
    return 1;
}

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

#define AUTH_OBJECT_UNKNOWN 200
#define AUTH_OBJECT_RECORD 201
#define AUTH_OBJECT_DIRECTORY 220

// A login (generation 9).
// OWNERSHIP: the host's, valid until the entry point returns. The host wipes the password then; copy it only to wipe it too.
typedef struct auth_login {
    uint32_t size;
    uint32_t reserved;
    auth_session_t session;      // the session that this login will become
    auth_token_t token;          // for host->complete(), after AUTH_DELAYED
    int64_t deadline;            // nanoseconds on host->monotonic_time()
    auth_string_t user;          // 1...255 bytes, valid UTF-8, no control characters
    auth_string_t password;      // 0...4096 bytes, no NUL inside; not given in auth_resume_user
    auth_string_t address;       // of the client, as text; may be a proxy's; may be not given
    auth_string_t application_id; // client-supplied, 0...255 bytes
    auth_string_t machine_id;    // client-supplied, 0...255 bytes
    auth_string_t door;          // the door that asks, such as "http"
} auth_login_t;

// A name to be mapped (generation 9). OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_mapping {
    uint32_t size;
    uint32_t reserved;
    auth_session_t session;
    auth_token_t token;
    int64_t deadline;
    auth_string_t user;
    auth_string_t requested; // as the client asked, 1...4095 bytes, starts with '/'
    auth_string_t name;      // after the configuration's own mappings
} auth_mapping_t;

// A question about an object (generation 9). OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_check {
    uint32_t size;
    uint32_t action;          // AUTH_ACTION_READ, _WRITE or _CREATE
    auth_session_t session;
    auth_token_t token;
    int64_t deadline;
    auth_string_t user;
    auth_string_t requested;  // as the client asked, before any mapping
    object_t *object;         // after mapping
    const string_pair_t *fields; // of a write: the contributed fields; of a read: the object's values, where its type is
                                 // AUTH_OBJECT_RECORD
    size_t field_count;       // 0...1024
    auth_string_t contribution_id;
    uint32_t flags;           // AUTH_CHECK_*; bits that are not known mean nothing
    uint32_t reserved2;
} auth_check_t;

// The host writes an audit log: give reason_log for an allow too, such as the rule that decided and where it stands.
#define AUTH_CHECK_REASON 1u

// An HTTP request for a directory of the host's (generation 9). OWNERSHIP: the host's, valid until the entry returns.
typedef struct auth_http {
    uint32_t size;
    uint32_t method; // http_method_t
    auth_string_t user;
    auth_string_t password;
    auth_string_t path;
} auth_http_t;

// What a module says beyond its status (generation 9).
// The host hands it over with `size`, `scratch` and `scratch_size` set and everything else zero, in 512 bytes of its own:
// a module that knows a longer record may write the members that this host does not know, which are not read.
// OWNERSHIP: strings that the module puts in are the module's. They must stay valid until the entry point (or
// host->complete()) returns and the host has copied them: static storage, or the `scratch` that the host lends.
typedef struct auth_result {
    uint32_t size;
    int32_t status;              // read by host->complete() and for each row of auth_check_batch
    auth_string_t reason_log;    // for the event log: at most 1,024 bytes are kept. Never put a secret in it
    auth_string_t reason_client; // may be shown to the client: at most 256 bytes are kept. authenticate, retry: a word of
                                 // a-z and - that names the kind of failure, for the counters
    auth_string_t user;          // login: the canonical name. Empty or equal to the question's; anything else denies.
                                 // authenticate, retry: the name that the remote server is shown, 0...255 bytes
    auth_string_t mapped;        // auth_map_object: the new name, 1...4095 bytes
    int64_t expiry;              // login: seconds since 1970 when the session ends, 0 = never. authenticate: see there.
                                 // Below 946,684,800 (2000) or above 253,402,300,799 (the end of 9999), such as one in
                                 // milliseconds: a broken answer, which denies
    uint32_t session_limit;      // login: most sessions this user may hold, 0 = no limit
    uint32_t scratch_size;       // bytes at `scratch`: at least 8,192; in a row of auth_check_batch at least 2,048; in
                                 // auth_explain at least 65,536; 0 in a record that the module made itself
    char *scratch;               // host-owned, valid until the entry returns
    uint32_t application_session_limit; // login: most sessions of this user with this application id, 0 = no limit
    uint32_t serial;             // host->credential: the number of this credential, for host->credential_completed
    auth_string_t explanation;   // auth_explain: lines, each ended by '\n'; 65,536 bytes are kept. Never a secret
    auth_string_t secret;        // authenticate, retry: what the remote server is shown, 0...65,536 bytes; never null. The host
                                 // keeps it in memory that is wiped, wipes the scratch, and never logs it
} auth_result_t;

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
