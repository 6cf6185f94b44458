// No fault: the bare functions of generation 6 without a descriptor. Expected: refused until its generation is named; as
// generation 7 its auth_map_object would be handed other parameters.
#define AUTH_GENERATION 6
#include "fixture.h"

AUTH_EXPORT auth_new_user_6_fn auth_new_user;
AUTH_EXPORT auth_map_object_6_fn auth_map_object;
AUTH_EXPORT auth_check_read_6_fn auth_check_read;

int auth_new_user(session_t *session, char *user, char *pass) { return AUTH_OK; }
int auth_map_object(session_t *session, char *name, char *mapped, int *length) {
    *length = snprintf(mapped, (size_t)*length, "/mapped%s", name);
    return AUTH_OK;
}
int auth_check_read(session_t *session, object_t *object) { return AUTH_OK; }
