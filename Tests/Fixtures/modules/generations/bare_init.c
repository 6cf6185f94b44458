// Good: a bare module that asks for the host table. Expected: loaded where allowed; it can log and be late.
#define AUTH_GENERATION 7
#include "fixture.h"

AUTH_EXPORT auth_init_7_fn auth_init;
AUTH_EXPORT auth_new_user_7_fn auth_new_user;
AUTH_EXPORT auth_check_read_7_fn auth_check_read;

int auth_init(const auth_host_t *table) {
    host = table;
    return say("init by a host of generation %u", (unsigned)host->generation), AUTH_OK;
}
int auth_new_user(session_t *session, char *user, char *pass) {
    say("new_user %s", user);
    return strcmp(user, "delay") == 0 ? answer_later(host->pending(host, session), AUTH_OK, 1, "") : AUTH_OK;
}
int auth_check_read(session_t *session, object_t *object, char *requested) { return AUTH_OK; }
