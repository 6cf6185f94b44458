// Entry points of authenticators (generation 9, a draft like the rest of it): modules that get the credentials which
// outgoing connections present. A module that has `auth_authenticate` is an authenticator; it needs no auth_new_user.
//
// Each destination of the configuration has an instance of its own, made by auth_init with that destination's options.
// The host keeps what it was given until it expires, lets one question at a time through for a destination, waits
// after failures, and asks afresh after a rejection: an authenticator has no need to.
#ifndef AUTHHOST_AUTHENTICATORS9_H
#define AUTHHOST_AUTHENTICATORS9_H

#include "entries9.h"

// A connection that needs credentials. OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_destination {
    uint32_t size;
    uint32_t round;            // auth_retry: the number of the challenge within this connection, from 1; else 0
    auth_token_t token;        // for host->complete(), after AUTH_DELAYED
    int64_t deadline;          // nanoseconds of CLOCK_MONOTONIC
    auth_string_t destination; // its name in the configuration, 1...255 bytes
    auth_string_t address;     // "host:port" as configured; may be not given
    auth_string_t challenge;   // auth_retry: what the remote server said, 0...65,536 bytes. The host wipes it then
    uint32_t serial;           // the number that the credentials will have; 0 for what answers a challenge
    uint32_t reserved;
} auth_destination_t;

// What became of credentials. OWNERSHIP: the host's, valid until the entry point returns.
typedef struct auth_completed {
    uint32_t size;
    int32_t outcome;           // AUTH_OK: the remote server took them; AUTH_DENY: it refused them
    uint32_t serial;           // of the credentials, as auth_authenticate was told; 0: not known
    uint32_t reserved;
    auth_string_t destination;
    auth_string_t address;
} auth_completed_t;

// Gives the credentials that a connection begins with: result->user and result->secret, both copied at once, and
// result->expiry where they end (0: they are used once and not kept).
// Returns AUTH_OK; AUTH_DENY where there will be none until the configuration changes; AUTH_DELAYED; AUTH_ERROR for
// any other failure, with reason_log. Any other value is a failure. Deadline: credential-timeout.
// [entry-thread & initialised]      since 9
typedef int auth_authenticate_9_fn(void *instance, const auth_destination_t *destination, auth_result_t *result);
#define AUTH_SIGNATURE_auth_authenticate_9 "i(pDR)"

// Answers a challenge of the remote server. Returns as auth_authenticate. A module without it fails the connection.
// [entry-thread & initialised]      since 9
typedef auth_authenticate_9_fn auth_retry_9_fn;
#define AUTH_SIGNATURE_auth_retry_9 AUTH_SIGNATURE_auth_authenticate_9

// Tells what became of the credentials.
// [entry-thread & initialised]      since 9
typedef void auth_completed_9_fn(void *instance, const auth_completed_t *completed);
#define AUTH_SIGNATURE_auth_completed_9 "v(pO)"

#endif
