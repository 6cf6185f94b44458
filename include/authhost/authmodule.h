// The C interface between authhost and an auth module. A module needs this header and nothing else.
//
// POLICY (docs/abi-policy.md). A released shape is never changed in place: functions and record members are added, never
// mutated; a record says its own size. Generations 6 and 7 are frozen. Generation 9 is a draft until the module kit is released, and a
// module built against another draft revision is refused by name.
//
// A module of generation 6 or 7 says so before the first header: #define AUTH_GENERATION 7. It decides the number of AUTH_OK,
// and which entry points and records the header has.
//
// TAGS. Every function carries [thread & state]:
//   host-thread     a thread of the host's, one call at a time for the whole module
//   serial-thread   the thread that the host keeps for this instance, one call at a time
//   entry-thread    the thread that the module's declaration asks for (entries9.h)
//   any-thread      any thread, several at once
//   not-loaded      nothing of the module has run yet
//   loaded          its descriptor was accepted, auth_init has not returned
//   initialised     auth_init has returned AUTH_OK and auth_exit was not called
//   in-call         inside an entry point that the host has called
//   any-state       all of them
//
// An entry point must not throw, not longjmp out, and not change the thread's signal mask, locale or directory. It must
// not end the process, and not come back in a process that it has forked: neither is an answer.
//
// Constructors of the shared object and `auth_module` run twice: first in a child process that ends then, so that a
// damaged file does not end the host. What a module is to do once belongs into auth_init, and its undoing into auth_exit:
// destructors and handlers of exit() do not run when the host ends.
#ifndef AUTHHOST_AUTHMODULE_H
#define AUTHHOST_AUTHMODULE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "attributes.h"
#include "descriptor.h"
#include "host.h"
#include "status.h"
#include "types.h"

#if defined(AUTH_GENERATION) && AUTH_GENERATION < 9
#include "entries7.h"
#else
#include "authenticators9.h"
#include "entries9.h"
#endif

#ifdef __cplusplus
}
#endif

// Tells a module without a descriptor apart by the generation that its source said: an ELF note of type 2.
#if defined(AUTH_GENERATION) && AUTH_GENERATION < 9
AUTH_NOTE_OF_TYPE_(auth_built_, AUTH_BUILT_TYPE, AUTH_TEXT(AUTH_GENERATION))
#else
AUTH_NOTE_OF_TYPE_(auth_built_, AUTH_BUILT_TYPE, "9")
#endif

#if !defined(AUTH_GENERATION) || AUTH_GENERATION >= 9
// For a module written in Swift: its C target holds one line, and the module kit has the functions behind it.
#include "swiftmodule.h"
#endif

#endif
