// Good, bare: decides log-ins alone, as a module of generation 7. Expected: reads are open, and a `bare-generation` that is not
// what its source said is refused.
#define AUTH_GENERATION 7
#include <authhost/authmodule.h>

AUTH_EXPORT auth_new_user_7_fn auth_new_user;
int auth_new_user(session_t *session, char *user, char *pass) { return AUTH_OK; }
