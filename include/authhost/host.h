// The functions of the host that a module may call.
//
// A generation 9 module gets the table as the first argument of auth_init; a module of generation 6 or 7, or a bare
// one, gets it if it has an auth_init. The table is valid until the process ends: the host never unloads it.
// Every function takes the table itself first. A function called from inside an entry point never calls back into
// the module: what the module must be told of (auth_free_user of an ejected session) waits until that entry returned.
#ifndef AUTHHOST_HOST_H
#define AUTHHOST_HOST_H

#include "types.h"

#if defined(AUTH_GENERATION) && AUTH_GENERATION < 9
#include "types6.h"
typedef session_t auth_session_6_;
typedef object_t auth_object_6_;
#else
typedef void auth_session_6_;
typedef auth_object_t auth_object_6_;
#endif

// Whether the table of a host has a function, which an older one has not: AUTH_HOST_HAS(host, rules_state).
#define AUTH_HOST_HAS(host, member) \
    ((host)->size >= offsetof(struct auth_host, member) + sizeof((host)->member) && (host)->member != NULL)

struct auth_host {
    uint32_t size;       // of this table: functions beyond it do not exist in this host
    uint32_t generation; // the highest the host speaks: 9
    uint32_t draft;      // revision of generation 9 while it is a draft
    uint32_t reserved;
    void *context;       // the host's own

    // Writes one line to the event log.
    //
    // severity: AUTH_LOG_*. text: UTF-8, at most 4,096 bytes are kept; control characters are escaped.
    // OWNERSHIP: the text is the module's. Never log a password or a token.
    // [any-thread & any-state]      since 6
    void (*log)(const auth_host_t *host, int severity, const char *text);

    // Finds the value of an option of this module, or NULL when it is neither configured nor has a default.
    //
    // index: 0 for the first value; higher for an option that may be repeated.
    // OWNERSHIP: the host's; valid until auth_exit returns.
    // [any-thread & any-state]      since 6
    const char *(*option)(const auth_host_t *host, const char *name, size_t index);

    // Tells the wall clock, CLOCK_REALTIME: nanoseconds since 1970-01-01 00:00 UTC.
    // [any-thread & any-state]      since 6
    int64_t (*time)(const auth_host_t *host);

    // Tells the clock that deadlines are on, CLOCK_MONOTONIC: nanoseconds from an unspecified start, never backwards.
    // [any-thread & any-state]      since 6
    int64_t (*monotonic_time)(const auth_host_t *host);

    // Answers a question that was answered AUTH_DELAYED, or is about to be.
    //
    // token: of the question. status: AUTH_*, not AUTH_DELAYED. result: more to say, or NULL. Its own status is not read.
    // It may be called before the entry point has returned AUTH_DELAYED: the answer is kept, and applied at the
    // return. If the entry returns anything else then, the question is denied.
    // OWNERSHIP: the record and its strings are the module's, read before the function returns.
    // Returns AUTH_COMPLETE_*; anything but _TAKEN has changed nothing and was logged.
    // [any-thread & initialised]      since 6
    int (*complete)(const auth_host_t *host, auth_token_t token, int status, const auth_result_t *result);

    // Tells the token of the question that the calling thread is in, for generations 6 and 7, which do not get it
    // as an argument. Returns 0 outside of an entry point that may be delayed, and for a session that is not asked about.
    // [entry-thread & in-call]      since 6
    auth_token_t (*pending)(const auth_host_t *host, const auth_session_6_ *session);

    // Completes the oldest pending question of (session, kind, name, contribution id): Liberator's callback.
    //
    // data: a logininfo_t, mapinfo_t or checkwriteinfo_t, by `event` (THREADS_AUTH_*); its `host` member says where.
    // code: AUTH_*, not AUTH_DELAYED.
    // [any-thread & initialised]      since 6
    void (*event)(void *data, short event, short code);

    // Ejects up to `count` sessions, oldest first, -1 = all.
    //
    // user, application_id, machine_id: NULL = any. An ejected client is told so at its next question.
    // In a cluster they are of all hosts, oldest first by the age that the registry gave them; the other hosts end theirs
    // within a second. With a count from 1 on the registry chooses, and has not when this returns: the number returned
    // is that of matching sessions on this host, `count` at most. While the registry cannot be asked, a count is for the
    // sessions of this host. Without a cluster, and for -1 and 0, it is what the call itself has ejected here.
    // OWNERSHIP: the strings are the module's. Returns how many were ejected, -1 for a count below -1 or 0 users to match.
    // [any-thread & initialised]      since 6
    int (*eject)(const auth_host_t *host, const char *user, int count, const char *application_id,
                 const char *machine_id);

    // Forgets every kept decision in a scope, so that the next question asks the module again.
    //
    // scope: AUTH_SCOPE_*. name: the user or object, else NULL. session: for AUTH_SCOPE_SESSION, else 0.
    // Returns 0, or -1 for a scope that is not known or lacks its name.
    // [any-thread & initialised]      since 6
    int (*invalidate)(const auth_host_t *host, uint32_t scope, const char *name, auth_session_t session);

    // Copies one attribute of a session (AUTH_SESSION_*) with its NUL into `buffer`.
    //
    // Returns the length without the NUL, even if that is more than fits; -1 for a session or attribute that is not known.
    // A session of generation 6 or 7 is passed as (auth_session_t)(uintptr_t)session.
    // [any-thread & initialised]      since 6
    int64_t (*session_attribute)(const auth_host_t *host, auth_session_t session, uint32_t attribute, char *buffer,
                                 size_t size);

    // Checks a signed token that a user presents in place of a password.
    //
    // key_id: of one of the configuration's keys. token: as presented, at most 65,536 bytes. user: the one it must be for.
    // Signature, time, user name and single use are checked in this one call, so a token that was found good once is
    // refused the next time. reason: room for `size` bytes; why it was not good, for the log alone, with its NUL.
    // OWNERSHIP: the strings are the module's. May block: an AUTH_ANY_THREAD module calls it on threads of its own.
    // Returns AUTH_OK, AUTH_DENY (the token is not good), or AUTH_ERROR (the host cannot say, as without such a key).
    // [any-thread & initialised]      since 9
    int (*signature_check)(const auth_host_t *host, const char *key_id, const char *token, const char *user,
                           char *reason, size_t size);

    // Copies the value of a field of an object with its NUL into `buffer`.
    //
    // object: of the question, during the call, or one between auth_new_object and auth_free_object. Values are there
    // where its type is AUTH_OBJECT_RECORD: somebody has put them. In a read of generation 9 they are its fields, too.
    // Returns the length without the NUL, even if that is more than fits; -1 for a field that is not known.
    // [any-thread & initialised]      since 6
    int64_t (*object_get_value)(const auth_host_t *host, const auth_object_6_ *object, const char *field, char *buffer,
                                size_t size);

    // Gets the credentials that a connection of this module's to a destination of the configuration presents.
    //
    // challenge: NULL to begin with; what the remote server said to be asked again, at most 65,536 bytes.
    // result: made by the module, with `size`, `scratch` and `scratch_size` set (room for the user, the secret and a
    // reason: 67,584 bytes hold the longest); user, secret, expiry, serial and reason_log are written, strings into the
    // scratch.
    // Wipe the scratch when the secret is no longer needed.
    // OWNERSHIP: the strings are the module's. Blocks, for at most credential-timeout: call it on threads of your own.
    // Returns AUTH_OK, or AUTH_ERROR with reason_log.
    // [any-thread & initialised]      since 9
    int (*credential)(const auth_host_t *host, const char *destination, const char *challenge, auth_result_t *result);

    // Tells what became of the credentials with a serial number: AUTH_OK, the remote server took them; AUTH_DENY, it
    // refused them, so that they are not given out any more and the next ones are fetched afresh.
    // [any-thread & initialised]      since 9
    void (*credential_completed)(const auth_host_t *host, const char *destination, uint32_t serial, int outcome);

    // Ejects one session; its client is told so at its next question.
    //
    // A session of generation 6 or 7 is passed as (auth_session_t)(uintptr_t)session.
    // Returns 0, or -1 for a session that has ended or never was.
    // [any-thread & initialised]      since 6
    int (*eject_session)(const auth_host_t *host, auth_session_t session);

    // Says whether a file that decides something may belong to a user, by number: root, the user that the host runs as,
    // and those of `trusted-owner`. No other user may be able to write it either, nor to exchange it by a directory or link.
    // Returns 1 or 0.
    // [any-thread & any-state]      since 9
    int (*trusts_owner)(const auth_host_t *host, uint32_t user);

    // Tells how the rules that the module decides by stand to those that they are read from, whenever that changes.
    //
    // state: AUTH_RULES_*. reason: what hinders it, for the log; with AUTH_RULES_CURRENT what tells the rules from others, such
    // as the SHA-256 of their file in hexadecimal digits, which stands in the audit log beside each decision, or NULL.
    // While they are not the same for longer than `rules-stale-time`, the host is not ready and says so again and again.
    // Where they could not be read, `rules-stale deny` has every question answered `could not decide`; so the module tries
    // again until it has read them.
    // OWNERSHIP: the text is the module's. Returns 0, or -1 for a state that is not known.
    // [any-thread & any-state]      since 9
    int (*rules_state)(const auth_host_t *host, uint32_t state, const char *reason);

    // Finds an ability of the host by its id, such as "authhost.about/1": a record that the ability's own header describes.
    //
    // OWNERSHIP: the record is the host's, valid until the process ends.
    // Returns NULL for an id that this host does not know.
    // [any-thread & any-state]      since 9
    const void *(*get_extension)(const auth_host_t *host, const char *id);
};

// Who the host is.
#define AUTH_EXTENSION_ABOUT "authhost.about/1"
typedef struct auth_about {
    uint32_t size;
    uint32_t reserved;
    auth_string_t name;
    auth_string_t version;
} auth_about_t;

#endif
