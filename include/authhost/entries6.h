// Entry points of generation 6: the shape of the Liberator SDK 6. Frozen.
//
// One instance for each mapped copy; the host calls one entry at a time (serial). No entry may block: use AUTH_DELAYED.
// OWNERSHIP of every argument of every entry: the host's, valid until the function returns. Copy what you keep. Nothing
// that the module allocates is freed by the host, and the other way round.
// What generation 6 cannot express: a create is asked as a write; the client's address, application and machine id are
// read with host->session_attribute(); the requested name is not told.
#ifndef AUTHHOST_ENTRIES6_H
#define AUTHHOST_ENTRIES6_H

#include "types6.h"

#include "host.h"

// Prepares the module. Optional; a module without it gets no host table, and AUTH_DELAYED from it means "could not decide".
// Returns AUTH_OK; anything else unloads the module. Deadline: auth-init-timeout seconds.
// [host-thread & loaded]      since 6
typedef int auth_init_6_fn(const auth_host_t *host);
#define AUTH_SIGNATURE_auth_init_6 "i(p)"

// Releases what auth_init took. [host-thread & initialised]      since 6
typedef void auth_exit_6_fn(void);
#define AUTH_SIGNATURE_auth_exit_6 "v()"

// Decides whether a user may log in. user: 1...255 bytes; pass: 0...4,096 bytes; both UTF-8, NUL-terminated.
// Returns AUTH_OK, AUTH_DENY, AUTH_INVALID_*, AUTH_ACCT_EXPIRED, AUTH_*_LC_EXCEEDED, AUTH_USER1...5, AUTH_DELAYED or
// AUTH_ERROR; any other value denies. Deadline: auth-login-timeout. A late answer is dropped and logged.
// [serial-thread & initialised]      since 6
typedef int auth_new_user_6_fn(session_t *session, char *user, char *pass);
#define AUTH_SIGNATURE_auth_new_user_6 "i(ppp)"

// Tells that a session that auth_new_user allowed has ended. The return value is logged if it is not AUTH_OK.
// [serial-thread & initialised]      since 6
typedef int auth_free_user_6_fn(session_t *session);
#define AUTH_SIGNATURE_auth_free_user_6 "i(p)"

// Maps a name. `mapped` has room for *len bytes (4,096); write the new name with a NUL and set *len to its length.
// Returns AUTH_OK (mapped), AUTH_FALSE (not mapped), AUTH_DENY, AUTH_DELAYED or AUTH_ERROR; any other value denies.
// Deadline: auth-map-timeout. [serial-thread & initialised]      since 6
typedef int auth_map_object_6_fn(session_t *session, char *name, char *mapped, int *len);
#define AUTH_SIGNATURE_auth_map_object_6 "i(pppp)"

// Tells that an object came to be, or is about to go. [serial-thread & initialised]      since 6
typedef int auth_new_object_6_fn(object_t *obj, object_t *parent);
#define AUTH_SIGNATURE_auth_new_object_6 "i(pp)"
typedef int auth_free_object_6_fn(object_t *obj);
#define AUTH_SIGNATURE_auth_free_object_6 "i(p)"

// Tells that a session subscribes to an object, or drops it. [serial-thread & initialised]      since 6
typedef int auth_request_object_6_fn(session_t *session, object_t *obj);
#define AUTH_SIGNATURE_auth_request_object_6 "i(pp)"
typedef int auth_discard_object_6_fn(session_t *session, object_t *obj);
#define AUTH_SIGNATURE_auth_discard_object_6 "i(pp)"

// Decides whether the session may read `obj`.
// Returns AUTH_OK, AUTH_DENY, AUTH_AGAIN, AUTH_USER1...5, AUTH_DELAYED or AUTH_ERROR; any other value denies.
// Deadline: auth-checkread-timeout. [serial-thread & initialised]      since 6
typedef int auth_check_read_6_fn(session_t *session, object_t *obj);
#define AUTH_SIGNATURE_auth_check_read_6 "i(pp)"

// Decides whether the session may write, or create, `obj`. Returns as auth_check_read, without AUTH_AGAIN.
// Deadline: auth-checkwrite-timeout. [serial-thread & initialised]      since 6
typedef int auth_check_write_6_fn(session_t *session, object_t *obj);
#define AUTH_SIGNATURE_auth_check_write_6 "i(pp)"
typedef auth_check_write_6_fn checkWrite_6_fn;
#define AUTH_SIGNATURE_checkWrite_6 AUTH_SIGNATURE_auth_check_write_6

// The same with the contributed fields (0...1,024) and the contribution's id, empty where it has none; asked instead of
// auth_check_write.
// [serial-thread & initialised]      since 6
typedef int auth_check_write_extended_6_fn(session_t *session, object_t *obj, int field_count, string_pair_t *fields,
                                           char *contrib_id);
#define AUTH_SIGNATURE_auth_check_write_extended_6 "i(ppipp)"

// Decides whether an update of `obj` may go to the session. [serial-thread & initialised]      since 6
typedef int auth_check_update_6_fn(session_t *session, object_t *obj, char *data);
#define AUTH_SIGNATURE_auth_check_update_6 "i(ppp)"

// Tells a change of a global permission object; with AUTH_PERM_CLEAR the key is empty.
// [serial-thread & initialised]      since 6
typedef void auth_global_permission_update_6_fn(object_t *obj, char *key, int auth_map_size, auth_map_t *keyvalues,
                                                auth_perm_operation_t operation);
#define AUTH_SIGNATURE_auth_global_permission_update_6 "v(ppipu)"

// Decides whether a user may fetch `path` from a protected HTTP directory. [serial-thread & initialised]      since 6
typedef int auth_http_request_6_fn(char *user, char *pass, http_method_t method, char *path);
#define AUTH_SIGNATURE_auth_http_request_6 "i(ppup)"

#endif
