// Crashes in each entry point but the log-in, in generation 7.
#define AUTH_GENERATION 7
#include <authhost/authmodule.h>

static volatile int *volatile nowhere = (int *)8;

static int new_user(session_t *session, char *user, char *pass) { return session && *user && *pass ? AUTH_OK : AUTH_DENY; }
static int check(session_t *session, object_t *object, char *requested) { return *nowhere + (session && object && requested); }

#define ENTRIES(E) E(auth_new_user, 7, new_user) E(auth_check_read, 7, check) E(auth_check_write, 7, check)
AUTH_MODULE("ends7", "1.0", 7, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
