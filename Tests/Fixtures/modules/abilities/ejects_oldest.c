// No fault: a log-in of `sweep` ejects as many sessions as its password says, of its application and machine where it names
// them, and gets no session. Expected: in a cluster the oldest of all hosts.
#include "fixture.h"

static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    if (!is(login->user, "sweep")) return AUTH_OK;
    const char *application = login->application_id.length ? login->application_id.data : NULL;
    const char *machine = login->machine_id.length ? login->machine_id.data : NULL;
    int count = atoi(login->password.data);
    say("eject of %d returned %d", count, host->eject(host, NULL, count, application, machine));
    return AUTH_ERROR;
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check9)
FIXTURE("ejects_oldest", AUTH_SERIAL, ENTRIES);
