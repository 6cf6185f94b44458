// Status codes: what an entry point returns, and what a module passes to host->complete().
//
// The numbers are part of the ABI and never change; new ones are added at the end of their group.
// INVARIANT: zero is not an answer. A record that was only zeroed, or a function that falls through to `return 0`, denies.
// A value that is not in this list denies as well, and is logged with its number.
// INVARIANT: a yes is not an accident. AUTH_OK of generation 9 is a number that no strcmp(), errno, comparison or zeroed
// memory gives, and a log-in is a yes only where auth_result_t.user says who was authenticated as well.
// A module of generation 6 or 7 says so before it includes any header: #define AUTH_GENERATION 7
#ifndef AUTHHOST_STATUS_H
#define AUTHHOST_STATUS_H

#define AUTH_NONE 0              // no answer was written: denies
#if defined(AUTH_GENERATION) && AUTH_GENERATION < 9
#define AUTH_OK 1                // allowed; for auth_map_object: the name was mapped
#else
#define AUTH_OK 0x59455321       // the same in generation 9, where 1 is "could not decide"
#endif
#define AUTH_DENY 2              // refused, no particular reason
#define AUTH_ERROR 3             // the module could not decide: the verdict is "could not decide", which denies
#define AUTH_FALSE 4             // auth_map_object: no mapping took place, the name stays as it is
#define AUTH_AGAIN 5             // auth_check_read: the content is not there yet, ask again when it is
#define AUTH_DELAYED 6           // the answer comes later, through host->complete()
#define AUTH_INVALID_USER 7      // auth_new_user: no such user. Clients are told "wrong credentials", nothing more
#define AUTH_INVALID_PASS 8      // auth_new_user: the password is wrong
#define AUTH_INVALID_ADDR 9      // auth_new_user: refused because of the client's address
#define AUTH_ACCT_EXPIRED 10     // auth_new_user: the account has expired or is not valid yet
#define AUTH_USER_LC_EXCEEDED 11 // auth_new_user: this user's own limit of concurrent sessions is reached
#define AUTH_SITE_LC_EXCEEDED 12 // auth_new_user: the limit of all sessions is reached
#define AUTH_USER1 32            // five codes with a meaning between module and client: refusals
#define AUTH_USER2 33
#define AUTH_USER3 34
#define AUTH_USER4 35
#define AUTH_USER5 36
#define AUTH_DEFER 64            // reserved: "not mine, ask the next module". Denies until chains exist
#define AUTH_IGNORE 65           // reserved: "as if I were not loaded". Denies until chains exist
#define AUTH_CONTINUE 66         // reserved: "here is a challenge". Denies until challenges exist
#define AUTH_NO_ENTRY 67         // as if the module did not export the entry point, for a kit that exports all: opens nothing
#define AUTH_ASK_ALONE 68        // a row of auth_check_batch: the host asks it again, by the check's own entry; else it denies

// Severities of host->log(); the words are Liberator's.
#define AUTH_LOG_DEBUG 0
#define AUTH_LOG_INFO 1
#define AUTH_LOG_NOTIFY 2
#define AUTH_LOG_WARN 3
#define AUTH_LOG_ERROR 4
#define AUTH_LOG_CRIT 5

// What a check asks for (auth_check_t.action).
#define AUTH_ACTION_READ 1
#define AUTH_ACTION_WRITE 2
#define AUTH_ACTION_CREATE 3

// The method of an HTTP request (auth_http_t.method).
#define AUTH_METHOD_GET 1
#define AUTH_METHOD_HEAD 2
#define AUTH_METHOD_POST 3
#define AUTH_METHOD_PUT 4
#define AUTH_METHOD_DELETE 5
#define AUTH_METHOD_OTHER 6

// Why a session ends (auth_free_user of generation 9).
#define AUTH_END_LOGOUT 1   // the client logged out or its connection closed
#define AUTH_END_EJECTED 2  // a module, an operator or a limit ejected it
#define AUTH_END_EXPIRED 3  // its expiry or inactivity period passed
#define AUTH_END_STOP 4     // the host stops
#define AUTH_END_REFUSED 5  // the module had said OK, but a limit of the host refused the session or the login was cancelled
#define AUTH_END_SWAPPED 6  // to the module that is replaced: the session goes on without it; else: the module that took over did not resume it

// What host->invalidate() covers.
#define AUTH_SCOPE_ALL 1
#define AUTH_SCOPE_USER 2     // `name` is a user name
#define AUTH_SCOPE_SESSION 3  // `session` is the session
#define AUTH_SCOPE_OBJECT 4   // `name` is an object name

// How the rules in force stand to those that they are read from (host->rules_state).
#define AUTH_RULES_CURRENT 0    // they are the same
#define AUTH_RULES_UNREADABLE 1 // there are newer ones, which could not be read
#define AUTH_RULES_WRONG 2      // there are newer ones, which are wrong

// What host->complete() returns.
#define AUTH_COMPLETE_TAKEN 0     // this answer counts
#define AUTH_COMPLETE_UNKNOWN 1   // no such token was ever issued
#define AUTH_COMPLETE_TWICE 2     // it was answered before; the first answer stands
#define AUTH_COMPLETE_LATE 3      // the deadline passed or the session ended first: denied already
#define AUTH_COMPLETE_REFUSED 4   // AUTH_DELAYED, or a record whose size is unknown: the question is denied

// What host->session_attribute() can be asked for.
#define AUTH_SESSION_USER 1
#define AUTH_SESSION_APPLICATION_ID 2  // client-supplied: not to be trusted for a decision
#define AUTH_SESSION_MACHINE_ID 3      // client-supplied: not to be trusted for a decision
#define AUTH_SESSION_ADDRESS 4         // may be a proxy's
#define AUTH_SESSION_DOOR 5
#define AUTH_SESSION_ID 6              // as the host's own log lines name it: its first digits, no credential

#endif
