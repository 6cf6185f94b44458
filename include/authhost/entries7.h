// Entry points of generation 7: the shape of the Liberator SDK 7 and 8. Frozen.
//
// Everything said in entries6.h holds. New in 7: `requested_name`, the name as the client asked for it, before any
// mapping; UTF-8, NUL-terminated, 1...4,095 bytes. Entries that did not change are the ones of generation 6, under version 7.
#ifndef AUTHHOST_ENTRIES7_H
#define AUTHHOST_ENTRIES7_H

#include "entries6.h"

typedef auth_init_6_fn auth_init_7_fn;
#define AUTH_SIGNATURE_auth_init_7 AUTH_SIGNATURE_auth_init_6
typedef auth_exit_6_fn auth_exit_7_fn;
#define AUTH_SIGNATURE_auth_exit_7 AUTH_SIGNATURE_auth_exit_6
typedef auth_new_user_6_fn auth_new_user_7_fn;
#define AUTH_SIGNATURE_auth_new_user_7 AUTH_SIGNATURE_auth_new_user_6
typedef auth_free_user_6_fn auth_free_user_7_fn;
#define AUTH_SIGNATURE_auth_free_user_7 AUTH_SIGNATURE_auth_free_user_6
typedef auth_new_object_6_fn auth_new_object_7_fn;
#define AUTH_SIGNATURE_auth_new_object_7 AUTH_SIGNATURE_auth_new_object_6
typedef auth_free_object_6_fn auth_free_object_7_fn;
#define AUTH_SIGNATURE_auth_free_object_7 AUTH_SIGNATURE_auth_free_object_6
typedef auth_request_object_6_fn auth_request_object_7_fn;
#define AUTH_SIGNATURE_auth_request_object_7 AUTH_SIGNATURE_auth_request_object_6
typedef auth_discard_object_6_fn auth_discard_object_7_fn;
#define AUTH_SIGNATURE_auth_discard_object_7 AUTH_SIGNATURE_auth_discard_object_6
typedef auth_check_update_6_fn auth_check_update_7_fn;
#define AUTH_SIGNATURE_auth_check_update_7 AUTH_SIGNATURE_auth_check_update_6
typedef auth_global_permission_update_6_fn auth_global_permission_update_7_fn;
#define AUTH_SIGNATURE_auth_global_permission_update_7 AUTH_SIGNATURE_auth_global_permission_update_6
typedef auth_http_request_6_fn auth_http_request_7_fn;
#define AUTH_SIGNATURE_auth_http_request_7 AUTH_SIGNATURE_auth_http_request_6

// Maps a name; as in generation 6, with the name as requested. name: after the configuration's own mappings.
// [serial-thread & initialised]      since 7
typedef int auth_map_object_7_fn(session_t *session, char *requested_name, char *name, char *mapped, int *len);
#define AUTH_SIGNATURE_auth_map_object_7 "i(ppppp)"

// Decides a read; as in generation 6. [serial-thread & initialised]      since 7
typedef int auth_check_read_7_fn(session_t *session, object_t *obj, char *requested_name);
#define AUTH_SIGNATURE_auth_check_read_7 "i(ppp)"

// Decides a write or a create; as in generation 6. [serial-thread & initialised]      since 7
typedef int auth_check_write_7_fn(session_t *session, object_t *obj, char *requested_name);
#define AUTH_SIGNATURE_auth_check_write_7 "i(ppp)"
typedef auth_check_write_7_fn checkWrite_7_fn;
#define AUTH_SIGNATURE_checkWrite_7 AUTH_SIGNATURE_auth_check_write_7

// Decides a write with its fields; as in generation 6. [serial-thread & initialised]      since 7
typedef int auth_check_write_extended_7_fn(session_t *session, object_t *obj, char *requested_name, int field_count,
                                           string_pair_t *fields, char *contrib_id);
#define AUTH_SIGNATURE_auth_check_write_extended_7 "i(pppipp)"

#endif
