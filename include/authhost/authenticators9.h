// Entry points of authenticators (generation 9, a draft like the rest of it): modules that get the credentials which
// outgoing connections present. A module that has `authenticate` is an authenticator; it needs no auth_new_user.
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
    uint32_t round;            // 0 for authenticate; for retry the number of the challenge within this connection, from 1
    auth_token_t token;        // for host->complete(), after AUTH_DELAYED; 0 for completed
    int64_t deadline;          // nanoseconds on host->monotonic_time()
    auth_string_t destination; // its name in the configuration, 1...255 bytes
    auth_string_t address;     // "host:port" as configured; may be not given
    auth_string_t challenge;   // retry: what the remote server said, 0...65,536 bytes. The host wipes it then
} auth_destination_t;

// Gives the credentials that a connection begins with: result->user and result->secret, both copied at once, and
// result->expiry where they end (0: they are used once and not kept).
// Returns AUTH_OK; AUTH_DENY where there will be none until the configuration changes; AUTH_DELAYED; AUTH_ERROR for
// any other failure, with reason_log. Any other value is a failure. Deadline: credential-timeout.
// [entry-thread & initialised]      since 9
typedef int authenticate_9_fn(void *instance, const auth_destination_t *destination, auth_result_t *result);
#define AUTH_SIGNATURE_authenticate_9 "i(ppp)"

// Answers a challenge of the remote server. Returns as authenticate. A module without it fails the connection.
// [entry-thread & initialised]      since 9
typedef authenticate_9_fn retry_9_fn;
#define AUTH_SIGNATURE_retry_9 AUTH_SIGNATURE_authenticate_9

// Tells what became of the credentials: AUTH_OK, the remote server took them; AUTH_DENY, it refused them.
// [entry-thread & initialised]      since 9
typedef void completed_9_fn(void *instance, const auth_destination_t *destination, int outcome);
#define AUTH_SIGNATURE_completed_9 "v(ppi)"

#endif
