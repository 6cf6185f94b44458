// The C side of a module written in Swift.
//
// Swift cannot export the descriptor's data or an ELF note, so a Swift module has a C target with one line:
//
//     AUTH_SWIFT_MODULE("hello", "1.0", AUTH_ANY_THREAD | AUTH_OPEN_READS, AUTH_NO_OPTIONS);
//
// where the Swift type is `OpenReads`, and without AUTH_OPEN_READS where it decides reads. The functions it lists are those of the module
// kit, which calls the Swift type that the module exports.
#ifndef AUTHHOST_SWIFTMODULE_H
#define AUTHHOST_SWIFTMODULE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "authenticators9.h"

auth_init_9_fn authkit_init;
auth_exit_9_fn authkit_exit;
auth_reload_9_fn authkit_reload;
auth_cancel_9_fn authkit_cancel;
auth_get_extension_9_fn authkit_get_extension;
auth_new_user_9_fn authkit_new_user;
auth_resume_user_9_fn authkit_resume_user;
auth_free_user_9_fn authkit_free_user;
auth_map_object_9_fn authkit_map_object;
auth_check_read_9_fn authkit_check_read;
auth_check_write_9_fn authkit_check_write;
auth_check_create_9_fn authkit_check_create;
auth_check_batch_9_fn authkit_check_batch;
auth_explain_9_fn authkit_explain;
auth_http_request_9_fn authkit_http_request;
auth_authenticate_9_fn authkit_authenticate;
auth_retry_9_fn authkit_retry;
auth_completed_9_fn authkit_completed;

// Makes the Swift module's type known to the kit; the module's own one line defines it.
// OWNERSHIP: returns a retained reference that the kit takes over.
void *authkit_module_type(void);

#ifdef __swift__
// The descriptor of the module that the kit is linked into; null without a C line, as in a program that tests a class. For the kit.
static const auth_module_t *authkit_declared_(uint32_t host_generation, uint32_t host_size) __attribute__((weakref("auth_module")));
static inline const auth_module_t *authkit_own_module(void) {
    return authkit_declared_ ? authkit_declared_(9, sizeof(auth_module_t)) : NULL;
}
#endif

#ifdef __cplusplus
}
#endif

#define AUTH_SWIFT_LIFE_(ENTRY) \
    ENTRY(auth_init, 9, authkit_init) \
    ENTRY(auth_exit, 9, authkit_exit) \
    ENTRY(auth_reload, 9, authkit_reload) \
    ENTRY(auth_cancel, 9, authkit_cancel) \
    ENTRY(auth_get_extension, 9, authkit_get_extension)

#define AUTH_SWIFT_CHECKS_(ENTRY) \
    ENTRY(auth_free_user, 9, authkit_free_user) \
    ENTRY(auth_map_object, 9, authkit_map_object) \
    ENTRY(auth_check_read, 9, authkit_check_read) \
    ENTRY(auth_check_write, 9, authkit_check_write) \
    ENTRY(auth_check_create, 9, authkit_check_create) \
    ENTRY(auth_check_batch, 9, authkit_check_batch) \
    ENTRY(auth_explain, 9, authkit_explain) \
    ENTRY(auth_http_request, 9, authkit_http_request)

#define AUTH_SWIFT_ENTRIES_(ENTRY) \
    AUTH_SWIFT_LIFE_(ENTRY) \
    ENTRY(auth_new_user, 9, authkit_new_user) \
    ENTRY(auth_resume_user, 9, authkit_resume_user) \
    AUTH_SWIFT_CHECKS_(ENTRY)

#define AUTH_SWIFT_MODULE(module_name, module_version, threads, OPTIONS) \
    AUTH_MODULE(module_name, module_version, 9, threads, AUTH_SWIFT_ENTRIES_, OPTIONS)

#define AUTH_SWIFT_BLOCKING_LOGINS_(ENTRY) \
    AUTH_SWIFT_LIFE_(ENTRY) \
    ENTRY(auth_new_user, 9, authkit_new_user, AUTH_BLOCKING) \
    ENTRY(auth_resume_user, 9, authkit_resume_user, AUTH_BLOCKING) \
    AUTH_SWIFT_CHECKS_(ENTRY)

// The same for a type whose log-ins may block, as those that ask a directory, while all else is called as `threads` says, such as
// AUTH_ANY_THREAD. Where other entries differ from their module, it writes AUTH_MODULE itself, with the functions above:
//     #define ENTRIES(ENTRY) ENTRY(auth_init, 9, authkit_init) ENTRY(auth_check_write, 9, authkit_check_write, AUTH_BLOCKING) ...
//     AUTH_MODULE("hello", "1.0", 9, AUTH_ANY_THREAD, ENTRIES, AUTH_NO_OPTIONS);
#define AUTH_SWIFT_MODULE_WITH_BLOCKING_LOGINS(module_name, module_version, threads, OPTIONS) \
    AUTH_MODULE(module_name, module_version, 9, threads, AUTH_SWIFT_BLOCKING_LOGINS_, OPTIONS)

#define AUTH_SWIFT_AUTHENTICATOR_ENTRIES_(ENTRY) \
    AUTH_SWIFT_LIFE_(ENTRY) \
    ENTRY(auth_authenticate, 9, authkit_authenticate) \
    ENTRY(auth_retry, 9, authkit_retry) \
    ENTRY(auth_completed, 9, authkit_completed)

// The same for a type that gives credentials.
#define AUTH_SWIFT_AUTHENTICATOR(module_name, module_version, threads, OPTIONS) \
    AUTH_MODULE(module_name, module_version, 9, threads, AUTH_SWIFT_AUTHENTICATOR_ENTRIES_, OPTIONS)

#endif
