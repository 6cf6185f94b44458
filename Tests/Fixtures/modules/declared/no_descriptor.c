// Fault: exports neither auth_module nor an entry point. Expected: refused, no-descriptor.
#include <authhost/authmodule.h>

AUTH_EXPORT int auth_modules(void);
int auth_modules(void) { return AUTH_OK; }
