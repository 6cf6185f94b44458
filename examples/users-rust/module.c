// What the module is: the descriptor, the exported function and the note, for the functions of src/lib.rs.
#include <authhost/authmodule.h>

#define ENTRIES(E) \
    E(auth_init, 9, users_init) E(auth_new_user, 9, users_new_user) E(auth_map_object, 9, users_map) \
    E(auth_check_write, 9, users_check_write)
#define OPTIONS(O) O("file", AUTH_OPTION_PATH, AUTH_REQUIRED, "The CSV file: name,password,group.")
AUTH_MODULE("users", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, OPTIONS);
