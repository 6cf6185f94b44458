// Good: generation 6, every answer is late: reads by token, the rest by event. Expected: each counts once.
#define AUTH_GENERATION 6
#include "fixture.h"

typedef struct event { short kind; session_t *session; char name[4096], extra[4096]; } event_t;

static void *fire(void *argument) {
    event_t *e = argument;
    logininfo_t login = {host, e->session};
    mapinfo_t map = {host, e->session, e->name, e->extra};
    checkwriteinfo_t write = {host, e->session, e->name, e->extra[0] ? e->extra : NULL};
    host->event(e->kind == THREADS_AUTH_LOGIN ? (void *)&login : e->kind == THREADS_AUTH_MAPPED ? (void *)&map : &write,
                e->kind, AUTH_OK);
    free(e);
    return NULL;
}
static int later(short kind, session_t *session, const char *name, const char *extra) {
    event_t *e = calloc(1, sizeof *e);
    if (!e) return AUTH_ERROR;
    e->kind = kind;
    e->session = session;
    snprintf(e->name, sizeof e->name, "%s", name);
    snprintf(e->extra, sizeof e->extra, "%s", extra);
    return detach(fire, e);
}
static int user(session_t *s, char *user, char *pass) { return later(THREADS_AUTH_LOGIN, s, "", ""); }
static int map(session_t *s, char *name, char *mapped, int *length) {
    return begins(name, "/m/") ? later(THREADS_AUTH_MAPPED, s, name, "/mapped/x") : AUTH_FALSE;
}
static int reads(session_t *s, object_t *o) { return answer_later(host->pending(host, s), AUTH_OK, 1, ""); }
static int writes(session_t *s, object_t *o, int count, string_pair_t *fields, char *id) {
    return later(THREADS_AUTH_CHECKWRITE, s, o->name, id ? id : "");
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 6, init7) ENTRY(auth_new_user, 6, user) ENTRY(auth_map_object, 6, map) \
    ENTRY(auth_check_read, 6, reads) ENTRY(auth_check_write_extended, 6, writes)
AUTH_MODULE("delayed6", "1.0", 6, AUTH_SERIAL, ENTRIES, AUTH_NO_OPTIONS);
