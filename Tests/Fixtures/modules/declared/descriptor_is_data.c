// Fault: `auth_module` and an entry point are data, not functions. Expected: refused, no-descriptor; nothing is called.
#include <authhost/authmodule.h>

AUTH_EXPORT int auth_module, auth_new_user;
int auth_module = 7, auth_new_user = 7;
