#include "UpstreamModule.h"

#define OPTIONS(OPTION) \
    OPTION("address", AUTH_OPTION_STRING, "", "The other authhost's native door: host:port, or the path of its socket.") \
    OPTION("destination", AUTH_OPTION_STRING, "", "The add-destination whose credentials it logs on with; none: no log-on.") \
    OPTION("map-names", AUTH_OPTION_BOOLEAN, "FALSE", "Whether names are mapped there too before they are checked there.") \
    OPTION("most-pending", AUTH_OPTION_INTEGER, "100000", "Questions that may wait for the other authhost.")

// No batches: their rows could not be answered later.
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, authkit_init) \
    ENTRY(auth_exit, 9, authkit_exit) \
    ENTRY(auth_new_user, 9, authkit_new_user) \
    ENTRY(auth_resume_user, 9, authkit_resume_user) \
    ENTRY(auth_free_user, 9, authkit_free_user) \
    ENTRY(auth_map_object, 9, authkit_map_object) \
    ENTRY(auth_check_read, 9, authkit_check_read) \
    ENTRY(auth_check_write, 9, authkit_check_write) \
    ENTRY(auth_check_create, 9, authkit_check_create)

AUTH_MODULE("upstream", "0.1.0", 9, AUTH_ANY_THREAD | AUTH_NAMES_USER | AUTH_READS_ATTRIBUTES, ENTRIES, OPTIONS);
