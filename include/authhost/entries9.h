// Entry points of generation 9, authhost's own. A draft: AUTH_DRAFT counts its revisions, and a host refuses a module
// built for another one. It is frozen, and stops being a draft, when the module kit is released.
//
// A signature has a letter for each record, so that functions of other generations are never taken for these. Any entry that
// returns a status may answer AUTH_NO_ENTRY: the host goes on as if the module did not export it, but nothing is open by that: a read denies.
//
// Every entry but auth_init takes the `instance` that auth_init returned. One loaded file may have many instances.
// OWNERSHIP of every argument of every entry: the host's, valid until the function returns, unless said otherwise.
// Threads, by the module's declaration: AUTH_SERIAL, one call at a time, on a thread that the host keeps for the
// instance; AUTH_BLOCKING, on threads kept for it, several at once; AUTH_ANY_THREAD, on the thread that asks, several
// at once, and never blocking: an entry that does not return for a second is told to the operator of a running host, and the
// module is asked as AUTH_BLOCKING from then on. An entry may differ from its module (descriptor.h): of one that runs anywhere, the log-in
// may block. The tag [entry-thread] stands for that thread.
#ifndef AUTHHOST_ENTRIES9_H
#define AUTHHOST_ENTRIES9_H

#include "host.h"
#include "status.h"

// Makes an instance. Required. *instance: what the other entries are given; may stay NULL.
// Returns AUTH_OK; anything else refuses the module. Deadline: auth-init-timeout seconds.
// [host-thread & loaded]      since 9
typedef int auth_init_9_fn(const auth_host_t *host, void **instance);
#define AUTH_SIGNATURE_auth_init_9 "i(Tp)"

// Ends an instance: no other entry is called with it after this. Deadline: auth-init-timeout seconds.
// [host-thread & initialised]      since 9
typedef void auth_exit_9_fn(void *instance);
#define AUTH_SIGNATURE_auth_exit_9 "v(p)"

// Re-reads what the instance was configured from. On failure it keeps what it had.
// When it has succeeded, the host empties its log-in cache, so that each user's next log-in asks the module. A user
// who is gone, locked or expired by it keeps open sessions until the module ends them: host->eject for each.
// Returns AUTH_OK, or AUTH_ERROR after logging why; any other value but AUTH_NO_ENTRY counts as AUTH_ERROR.
// [entry-thread & initialised]      since 9
typedef int auth_reload_9_fn(void *instance, const auth_reload_t *reload);
#define AUTH_SIGNATURE_auth_reload_9 "i(pF)"

// Tells that the answer to cancel->token is no longer wanted. After this call the token is dead; host->complete() says _LATE.
// It may cross a completion, and may arrive for a token that was completed just now.
// [any-thread & initialised]      since 9
typedef void auth_cancel_9_fn(void *instance, const auth_cancel_t *cancel);
#define AUTH_SIGNATURE_auth_cancel_9 "v(pX)"

// Finds an ability of the module by its id, such as "vendor.name/1": a record of the module's that the ability's own header
// describes. The host asks once for each id that it knows, after auth_init: AUTH_EXTENSION_ABOUT.
//
// OWNERSHIP: the record is the module's, valid until auth_exit returns.
// Returns NULL for an id that the module does not know. Another address that holds no such record refuses the module.
// Deadline: auth-init-timeout. [host-thread & initialised]      since 9
typedef const void *auth_get_extension_9_fn(void *instance, const char *id);
#define AUTH_SIGNATURE_auth_get_extension_9 "p(ps)"

// Decides whether a user may log in. Required.
// A yes takes two things: the status AUTH_OK and, in result->user, who was authenticated (types.h). One alone denies.
// Returns AUTH_OK, AUTH_DENY, AUTH_INVALID_*, AUTH_ACCT_EXPIRED, AUTH_*_LC_EXCEEDED, AUTH_USER1...5, AUTH_DELAYED or
// AUTH_ERROR; any other value denies. Deadline: auth-login-timeout. A late answer is dropped and logged.
// [entry-thread & initialised]      since 9
typedef int auth_new_user_9_fn(void *instance, const auth_login_t *login, auth_result_t *result);
#define AUTH_SIGNATURE_auth_new_user_9 "i(pLR)"

// Decides whether a user that a trusted program has authenticated may have a session; the password is not given.
// Returns as auth_new_user. A module without it denies. Deadline: auth-login-timeout.
// [entry-thread & initialised]      since 9
typedef int auth_resume_user_9_fn(void *instance, const auth_login_t *login, auth_result_t *result);
#define AUTH_SIGNATURE_auth_resume_user_9 "i(pLR)"

// Tells that a session that was allowed has ended. host->session_attribute() still knows it. The return value is logged if
// it is not AUTH_OK. A module that answers AUTH_NO_ENTRY is told of no end any more.
// [entry-thread & initialised]      since 9
typedef int auth_free_user_9_fn(void *instance, const auth_end_t *end);
#define AUTH_SIGNATURE_auth_free_user_9 "i(pE)"

// Maps a name: the new one goes into result->mapped (it may point into result->scratch).
// Returns AUTH_OK (mapped), AUTH_FALSE (not mapped), AUTH_DENY, AUTH_DELAYED or AUTH_ERROR; any other value denies.
// AUTH_NO_ENTRY says that no name is mapped at all: the host need not ask again before host->invalidate(AUTH_SCOPE_ALL), so a
// module that begins to map invalidates first and maps after it.
// Deadline: auth-map-timeout. [entry-thread & initialised]      since 9
typedef int auth_map_object_9_fn(void *instance, const auth_mapping_t *mapping, auth_result_t *result);
#define AUTH_SIGNATURE_auth_map_object_9 "i(pMR)"

// Decides whether the session may read, write or create check->object. A module without auth_check_create is asked
// auth_check_write with the action AUTH_ACTION_CREATE; without the others it denies. Where a module declares
// AUTH_OPEN_READS and has no auth_check_read, reads are allowed.
// Returns AUTH_OK, AUTH_DENY, AUTH_USER1...5, AUTH_DELAYED or AUTH_ERROR, a read also AUTH_AGAIN; any other value denies.
// Deadline: auth-checkread-timeout, auth-checkwrite-timeout. [entry-thread & initialised]      since 9
typedef int auth_check_read_9_fn(void *instance, const auth_check_t *check, auth_result_t *result);
#define AUTH_SIGNATURE_auth_check_read_9 "i(pCR)"
typedef auth_check_read_9_fn auth_check_write_9_fn;
#define AUTH_SIGNATURE_auth_check_write_9 AUTH_SIGNATURE_auth_check_read_9
typedef auth_check_read_9_fn auth_check_create_9_fn;
#define AUTH_SIGNATURE_auth_check_create_9 AUTH_SIGNATURE_auth_check_read_9
typedef auth_check_read_9_fn checkWrite_9_fn;
#define AUTH_SIGNATURE_checkWrite_9 AUTH_SIGNATURE_auth_check_read_9

// Decides 1...1,000 questions in one call; results[i]->status answers *checks[i]. What clients have asked at once comes so, each
// row with the session and the user that it is for. A row has token 0 and may not be delayed: one that cannot be answered at once
// is answered AUTH_ASK_ALONE, and the host puts it to the check's own entry, which may delay it.
// A row is answered as the check's own entry would answer it; without that entry it is not put into a batch. Rows are arrays of addresses, so that a record may grow: no code
// steps through records by a size of its own.
// Returns AUTH_OK if every row was answered; any other value makes every row "could not decide".
// [entry-thread & initialised]      since 9
typedef int auth_check_batch_9_fn(void *instance, const auth_check_t *const *checks, size_t count,
                                  auth_result_t *const *results);
#define AUTH_SIGNATURE_auth_check_batch_9 "i(pczr)"

// Says why a check is answered as it is: what decides, and what was considered and lost, in result->explanation.
// Nothing is granted by it: an operator asks. It must agree with what the check's own entry answers.
// Returns what the check's own entry would. Deadline: that of the check. [entry-thread & initialised]      since 9
typedef auth_check_read_9_fn auth_explain_9_fn;
#define AUTH_SIGNATURE_auth_explain_9 AUTH_SIGNATURE_auth_check_read_9

// Decides whether a user may fetch a path from a protected HTTP directory. Returns as auth_check_read, without AUTH_AGAIN; a module
// without it is asked a check, but for AUTH_NO_ENTRY, which denies.
// Deadline: auth-checkread-timeout. [entry-thread & initialised]      since 9
typedef int auth_http_request_9_fn(void *instance, const auth_http_t *request, auth_result_t *result);
#define AUTH_SIGNATURE_auth_http_request_9 "i(pHR)"

// Reserved, so that the shapes stand: no host calls them yet. auth_continue goes on with a log-in that was answered
// AUTH_CONTINUE, which denies; auth_permissions lists what a user may do, row by row, and leaves result->cursor empty at
// the end.
// [entry-thread & initialised]      since 9
typedef int auth_continue_9_fn(void *instance, const auth_continue_t *response, auth_result_t *result);
#define AUTH_SIGNATURE_auth_continue_9 "i(pNR)"
typedef int auth_permissions_9_fn(void *instance, const auth_permissions_t *question, auth_result_t *result);
#define AUTH_SIGNATURE_auth_permissions_9 "i(pWR)"

#endif
