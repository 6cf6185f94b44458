// The records that host and module exchange.
//
// Every record that may grow starts with its size: a reader looks only at members inside it. A writer that finds a
// size it does not know uses the members it knows. Members are only ever added at the end, and no code steps through records by
// a size of its own: many of them come as an array of their addresses.
// Reserved members are 0: a host refuses another value, by name, so that a later revision can give it a meaning.
#ifndef AUTHHOST_TYPES_H
#define AUTHHOST_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef struct auth_host auth_host_t;

// A 64-bit generation handle of the host: never a pointer, never reused while anyone may still hold it.
typedef uint64_t auth_token_t;

// The same for a session of generation 9. 0 is no session.
typedef uint64_t auth_session_t;

// UTF-8 bytes: `length` of them at `data`, and a NUL behind them. What the host hands over has a `data` that is never null:
// "not given" is length 0. A module may leave a null `data` with length 0 for what it does not say.
// OWNERSHIP: stands at each use.
typedef struct auth_string {
    const char *data;
    size_t length;
} auth_string_t;

// A text of the module's own, from a literal: its length is counted by the compiler, and a NUL inside is no end.
#define AUTH_LITERAL(literal) auth_literal_("" literal, sizeof("" literal) - 1)

// The same as an initializer, for what is static: static const auth_pair_t pair = {sizeof pair, 0, AUTH_STATIC_LITERAL("group"), ...
#define AUTH_STATIC_LITERAL(literal) {"" literal, sizeof("" literal) - 1}

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

// Whether a record has a member, which that of a host or module of an older revision has not: AUTH_HAS(check, attributes).
#define AUTH_HAS(record, member) auth_has_((record), (record)->size, &(record)->member + 1)

static inline int auth_has_(const void *record, uint32_t size, const void *end) {
#ifdef __cplusplus
    const char *from = static_cast<const char *>(record), *to = static_cast<const char *>(end);
#else
    const char *from = record, *to = end;
#endif
    return from + size >= to;
}

// A name with a value: a field of an object, or an attribute of a question or an answer.
typedef struct auth_pair {
    uint32_t size;
    uint32_t reserved;
    auth_string_t name;  // of an attribute 1...255 bytes of text, every character of which can be seen
    auth_string_t value; // of an attribute 0...4095 bytes of such text
} auth_pair_t;

// An object that is asked about (generation 9). OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_object {
    uint32_t size;
    int32_t type;       // AUTH_OBJECT_*
    uint64_t handle;    // 0
    auth_string_t name; // after mapping; 1...4095 bytes
} auth_object_t;

#define AUTH_OBJECT_UNKNOWN 200   // type and content are not known yet
#define AUTH_OBJECT_RECORD 201    // a record
#define AUTH_OBJECT_DIRECTORY 220 // a directory

// A login (generation 9).
// OWNERSHIP: the host's, valid until the entry point returns. The host wipes the password then; copy it only to wipe it too.
typedef struct auth_login {
    uint32_t size;
    uint32_t reserved;
    auth_session_t session;      // the session that this login will become
    auth_token_t token;          // for host->complete(), after AUTH_DELAYED
    int64_t deadline;            // nanoseconds of CLOCK_MONOTONIC, which host->monotonic_time() tells
    auth_string_t user;          // 1...255 bytes, valid UTF-8, no control characters
    auth_string_t password;      // 0...4096 bytes, no NUL inside; not given in auth_resume_user
    auth_string_t address;       // of the client, as text; may be a proxy's; may be not given
    auth_string_t application_id; // client-supplied, 0...255 bytes
    auth_string_t machine_id;    // client-supplied, 0...255 bytes
    auth_string_t door;          // the door that asks, such as "http"
    const auth_pair_t *const *attributes; // what the door knows besides (attributes.h): addresses of `attribute_count` pairs
    size_t attribute_count;      // 0...64; 0 for a module that does not declare AUTH_READS_ATTRIBUTES
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
    uint64_t session_data;   // what the log-in has set
    const auth_pair_t *const *attributes; // what the door knows besides (attributes.h): addresses of `attribute_count` pairs;
                             // an older host has neither: AUTH_HAS(mapping, attribute_count)
    size_t attribute_count;  // 0...64; 0 for a module that does not declare AUTH_READS_ATTRIBUTES
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
    const auth_object_t *object; // after mapping
    const auth_pair_t *const *fields; // addresses of pairs; of a write: the contributed fields; of a read: the object's
                                      // values, where its type is AUTH_OBJECT_RECORD
    size_t field_count;       // 0...1024
    auth_string_t contribution_id;
    uint32_t flags;           // AUTH_CHECK_*; bits that are not known mean nothing
    uint32_t reserved;
    uint64_t session_data;    // what the log-in has set
    const auth_pair_t *const *attributes; // what the door knows besides (attributes.h): addresses of `attribute_count` pairs
    size_t attribute_count;   // 0...64; 0 for a module that does not declare AUTH_READS_ATTRIBUTES
} auth_check_t;

// Somebody reads why, such as an audit log: give reason_log for an allow too, such as the rule that decided and where it stands.
// Without it the reason_log of a check has no reader: do not make one.
#define AUTH_CHECK_REASON 1u

// The end of a session (generation 9). OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_end {
    uint32_t size;
    uint32_t reason; // AUTH_END_*
    auth_session_t session;
    uint64_t session_data; // what the log-in has set
    auth_string_t user;
} auth_end_t;

// A question whose answer is no longer wanted (generation 9). OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_cancel {
    uint32_t size;
    uint32_t reserved;
    auth_token_t token;
} auth_cancel_t;

// A wish to read again what an instance was configured from (generation 9). OWNERSHIP: the host's, valid until the entry
// point returns.
typedef struct auth_reload {
    uint32_t size;
    uint32_t reserved;
} auth_reload_t;

// An HTTP request for a directory of the host's (generation 9). OWNERSHIP: the host's, valid until the entry returns.
typedef struct auth_http {
    uint32_t size;
    uint32_t method; // AUTH_METHOD_*
    auth_session_t session; // that the user's credentials have got
    auth_token_t token;     // for host->complete(), after AUTH_DELAYED
    int64_t deadline;       // nanoseconds of CLOCK_MONOTONIC
    uint64_t session_data;
    auth_string_t user;
    auth_string_t password;
    auth_string_t path;
} auth_http_t;

// What a module says beyond its status (generation 9).
// The host hands it over with `size`, `scratch` and `scratch_size` set and everything else zero, in 512 bytes of its own:
// a module that knows a longer record may write the members that this host does not know, which are not read.
// OWNERSHIP: strings and pairs that the module puts in are the module's. They must stay valid until the entry point (or
// host->complete()) returns and the host has copied them: static storage, or the `scratch` that the host lends.
typedef struct auth_result {
    uint32_t size;
    int32_t status;              // read for each row of auth_check_batch alone
    auth_string_t reason_log;    // for the event log: at most 1,024 bytes are kept. Never put a secret in it
    auth_string_t reason_client; // may be shown to the client: at most 256 bytes are kept. auth_authenticate, auth_retry: a
                                 // word of a-z and - that names the kind of failure, for the counters
    auth_string_t user;          // login: who was authenticated. A yes without it is not a yes: the question's user, byte for byte,
                                 // or of a module that declares AUTH_NAMES_USER the user that it stands for.
                                 // auth_authenticate, auth_retry: the name that the remote server is shown, 0...255 bytes
    auth_string_t mapped;        // auth_map_object: the new name, 1...4095 bytes
    int64_t expiry;              // login: seconds since 1970 when the session ends, 0 = never. auth_authenticate: see there.
                                 // Below 946,684,800 (2000) or above 253,402,300,799 (the end of 9999), such as one in
                                 // milliseconds: a broken answer, which denies
    uint32_t session_limit;      // login: most sessions this user may hold, 0 = no limit
    uint32_t scratch_size;       // bytes at `scratch`: at least 8,192; in a row of auth_check_batch at least 2,048; in
                                 // auth_explain at least 65,536; 0 in a record that the module made itself
    char *scratch;               // host-owned, valid until the entry returns
    uint32_t application_session_limit; // login: most sessions of this user with this application id, 0 = no limit
    uint32_t serial;             // host->credential: the number of this credential, for host->credential_completed
    auth_string_t explanation;   // auth_explain: lines, each ended by '\n'; 65,536 bytes are kept. Never a secret
    auth_string_t secret;        // auth_authenticate, auth_retry: what the remote server is shown, 0...65,536 bytes; never
                                 // null. The host keeps it in memory that is wiped, wipes the scratch, and never logs it
    uint64_t session_data;       // login: any 64 bits, given to all that is asked about the session. Not a secret
    const auth_pair_t *const *attributes; // login: groups, roles and claims; check: obligations (attributes.h); the addresses
                                 // of pairs
    size_t attribute_count;      // 0...64; more are a broken answer, which denies
    auth_string_t challenge;     // reserved, with AUTH_CONTINUE, which denies: what the client is to be shown. With another status
                                 // a broken answer, which denies
    auth_string_t cursor;        // reserved, of auth_permissions: where to go on. Given, a broken answer, which denies
    uint32_t good_for;           // reserved: seconds that the answer may be kept. But for 0 a broken answer, which denies
    uint32_t reserved;
} auth_result_t;

// What a client says to a challenge (reserved: no host asks yet).
typedef struct auth_continue {
    uint32_t size;
    uint32_t round; // from 1
    auth_session_t session;
    auth_token_t token;
    int64_t deadline;
    uint64_t session_data; // what the answer before has set
    auth_string_t user;
    auth_string_t response;
} auth_continue_t;

// One permission that a user has (reserved: no host asks yet). OWNERSHIP: the module's, valid until `emit` returns.
typedef struct auth_permission {
    uint32_t size;
    uint32_t action;       // AUTH_ACTION_*
    uint32_t allows;       // 1 or 0
    uint32_t reserved;
    auth_string_t pattern; // of objects
} auth_permission_t;

// A wish for what a user may do (reserved: no host asks yet). OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_permissions {
    uint32_t size;
    uint32_t limit;       // rows that are wanted at most
    auth_session_t session;
    auth_token_t token;
    int64_t deadline;
    uint64_t session_data;
    auth_string_t user;
    auth_string_t cursor; // result->cursor of the call before; not given in the first
    void *context;        // the host's own
    int (*emit)(void *context, const auth_permission_t *permission); // 1: go on; 0: stop
} auth_permissions_t;

#endif
