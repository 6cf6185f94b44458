// Fault: a bare module that was built against the header of generation 9, whose AUTH_OK is no yes of generations 6 and 7.
// Expected: refused, whatever `bare-generation` says.
#include <authhost/authmodule.h>

AUTH_EXPORT int auth_new_user(void *session, char *user, char *pass);
int auth_new_user(void *session, char *user, char *pass) { return AUTH_OK; }
