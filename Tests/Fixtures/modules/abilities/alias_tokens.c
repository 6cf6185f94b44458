// No fault: "ann@anything" stands for ann, and the password is a signed token: of ann, of the one who was typed ("typed@..."), or
// of a third name ("third@...", where it stands behind "token:"); "later@..." is answered by a thread of its own.
// Expected: each lets one in, however often the same log-in comes.
#include "fixture.h"

typedef struct asked {
    auth_token_t token;
    char user[256], checked[256], password[4097];
} asked_t;

static int decide(const asked_t *asked) {
    char reason[256];
    const char *token = begins(asked->password, "token:") ? asked->password + 6 : asked->password;
    int status = host->signature_check(host, "portal", token, asked->checked, reason, sizeof reason);
    return status == AUTH_DENY ? AUTH_INVALID_PASS : status;
}
static void *decide_later(void *argument) {
    asked_t *asked = argument;
    auth_result_t result = {.size = sizeof result, .user = string(asked->user)};
    host->complete(host, asked->token, decide(asked), &result);
    free(asked);
    return NULL;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    asked_t *asked = calloc(1, sizeof *asked);
    asked->token = login->token;
    snprintf(asked->user, sizeof asked->user, "%.*s", (int)strcspn(login->user.data, "@"), login->user.data);
    const char *checked = is(string(asked->user), "typed") ? login->user.data : is(string(asked->user), "third") ? "x" : asked->user;
    snprintf(asked->checked, sizeof asked->checked, "%s", checked);
    snprintf(asked->password, sizeof asked->password, "%s", login->password.data);
    if (is(string(asked->user), "later")) return detach(decide_later, asked);
    result->user = string(strcpy(result->scratch, asked->user));
    int status = decide(asked);
    return free(asked), status;
}
#define ENTRIES(E) E(auth_init, 9, init9) E(auth_new_user, 9, user) E(auth_check_read, 9, check9)
FIXTURE("alias_tokens", AUTH_BLOCKING | AUTH_NAMES_USER, ENTRIES);
