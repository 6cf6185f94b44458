// libauthhost: asks an authhost through its native door (docs/native-protocol.md). One header, no dependencies but
// POSIX threads.
//
// A client has one connection, makes it anew when it is lost, and may be used by any number of threads. Every question is
// answered exactly once, at its deadline at the latest. What could not be decided, because authhost is away, late or
// breaks the protocol, is AUTHHOST_UNDECIDED: treat everything but AUTHHOST_ALLOW as a denial. A process that
// forks opens a client of its own: with the one that it inherits every question is undecided (`closed`).
//
//     authhost_options_t options = {.size = sizeof options, .address = "/run/authhost/native.sock"};
//     authhost_t *client = authhost_open(&options);
//     authhost_answer_t answer;
//     authhost_login(client, "alice", "secret", &answer);
//     if (answer.verdict == AUTHHOST_ALLOW) {
//         authhost_session_t session = answer.session;
//         authhost_check(client, session, AUTHHOST_WRITE, "/orders/1", &answer);
//     }
//     authhost_close(client);
//
// Link with -lauthhost -lpthread, or compile the library's one source file.
#ifndef AUTHHOST_H
#define AUTHHOST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define AUTHHOST_EXPORT __attribute__((visibility("default")))
#else
#define AUTHHOST_EXPORT
#endif

typedef struct authhost authhost_t;

// The six answers; 0 is none of them, so that memory that was only cleared allows nothing.
typedef enum authhost_verdict {
    AUTHHOST_ALLOW = 1,
    AUTHHOST_DENY = 2,
    AUTHHOST_WRONG_CREDENTIALS = 3,
    AUTHHOST_OVER_LIMIT = 4,
    AUTHHOST_EJECTED = 5,
    AUTHHOST_UNDECIDED = 6,
} authhost_verdict_t;

typedef enum authhost_kind {
    AUTHHOST_QUESTION_LOGIN = 3,
    AUTHHOST_QUESTION_LOGOUT = 4,
    AUTHHOST_QUESTION_MAP = 5,
    AUTHHOST_QUESTION_CHECK = 6,
    AUTHHOST_QUESTION_BATCH = 7,
    AUTHHOST_QUESTION_WATCH = 8, // tell of the session's end; for one that another connection began
} authhost_kind_t;

typedef enum authhost_action {
    AUTHHOST_READ = 1,
    AUTHHOST_WRITE = 2,
    AUTHHOST_CREATE = 3,
} authhost_action_t;

// Flags of a log-in.
#define AUTHHOST_RESUME 1u // without a password: the user was authenticated by the program that asks
#define AUTHHOST_BOUND 2u  // the session ends with the connection

// The name of a session. It is a credential: never log it.
typedef struct authhost_session {
    unsigned char bytes[16];
} authhost_session_t;

typedef struct authhost_field {
    const char *name, *value; // NUL-terminated UTF-8
} authhost_field_t;

typedef struct authhost_check {
    authhost_action_t action;
    const char *name;
} authhost_check_t;

// A question. Texts are NUL-terminated UTF-8 of at most 65,535 bytes, NULL is empty; all are copied, and the copy of the
// password is wiped.
typedef struct authhost_question {
    size_t size; // sizeof(authhost_question_t)
    authhost_kind_t kind;
    int timeout_ms; // 0: the client's
    authhost_session_t session;
    // Of a log-in.
    const char *user, *password, *address, *application_id, *machine_id;
    unsigned flags;
    // Of a mapping and a check.
    authhost_action_t action;
    const char *name, *contribution_id;
    const authhost_field_t *fields;
    size_t field_count; // at most 1,024
    // Of a batch: 1...1,000 checks. Room for as many verdicts, which must live until the answer; all of them are set then.
    const authhost_check_t *checks;
    size_t check_count;
    unsigned char *verdicts;
    // What follows is behind the size of a question of earlier versions of the library, whose programs go on as they are.
    // Of a log-in, a check and a batch: what the program knows besides of its own client, for modules that read it; of these, a
    // mapping and a log-out the "trace-parent", for the host's own logs and spans. At most 64, with names of 1 to 255 bytes and
    // values of at most 4,095, every character of which can be seen: no control, no change of the direction of writing. Another
    // one is a "bad-question". They are left out towards an authhost that speaks version 1 of the protocol, those of mappings
    // and log-outs towards one that speaks version 1 to 3.
    const authhost_field_t *attributes;
    size_t attribute_count;
    // Called for each attribute of the answer, before the answer is given: of a log-in groups, roles and claims, of a check
    // obligations. row: of a batch, from 0. The texts are lent for the call. NULL: they are not wanted.
    void (*attribute)(void *context, size_t row, const char *name, const char *value);
    void *attribute_context;
    // Room for AUTHHOST_DECISION_SIZE bytes, which must live until the answer; of a batch as many for each check. They get the
    // name of the decision in hexadecimal digits, by which it is found in the host's audit log, and are empty where the host
    // has decided nothing or speaks version 1 or 2 of the protocol. NULL: it is not wanted.
    char *decision;
} authhost_question_t;

// 32 digits and a NUL.
#define AUTHHOST_DECISION_SIZE 33

typedef struct authhost_answer {
    authhost_verdict_t verdict;
    char reason[64];             // a word, such as "granted"; the library's own: "away", "deadline", "closed",
                                 // "broken-answer", "too-many", "bad-question", "no-memory"
    char text[512];              // what the user may read; may be empty
    authhost_session_t session;  // of an allowed log-in
    char user[256];              // of an allowed log-in: the session's user, who may be another than was typed
    char name[4096];             // of an allowed mapping
} authhost_answer_t;

// Called once for each question, on the client's thread or on the one that asks; must not block. It may ask again.
typedef void authhost_answered_fn(void *context, const authhost_answer_t *answer);

typedef enum authhost_event_kind {
    AUTHHOST_CONNECTED = 1,    // all kept answers must be forgotten: events may have been missed
    AUTHHOST_DISCONNECTED = 2, // text: why
    AUTHHOST_SESSION_ENDED = 3, // session; number: 2 ejected, 3 expired, 4 the host stops, 5 refused,
                                // 6 the module was swapped, and the new one does not resume it
    AUTHHOST_INVALIDATED = 4, // number: 0 everything, 1 the user `text`, 2 the session, 3 the object `text`
    AUTHHOST_CONNECT_FAILED = 5, // text: why; the next try is made after a pause
} authhost_event_kind_t;

typedef struct authhost_event {
    authhost_event_kind_t kind;
    unsigned number;
    authhost_session_t session;
    const char *text;
} authhost_event_t;

// Gives the credentials that a connection logs on with, where the door asks for it. challenge is NULL for the first try,
// then what the server said of the one before. user has room for 256 bytes, secret for 65,536, *length gets the secret's
// length; the library wipes both. Returns 0, anything else for none now. May block; is called on a thread of its own.
typedef int authhost_logon_fn(
    void *context, const char *challenge, char *user, unsigned char *secret, size_t *length);

typedef struct authhost_options {
    size_t size;         // sizeof(authhost_options_t)
    const char *address; // "/path/of/socket" or "host:port", an IPv6 address in brackets
    int timeout_ms;      // of a question; 0 is 5,000
    int most_pending;    // questions that may wait; 0 is 10,000. One more is AUTHHOST_UNDECIDED, "too-many"
    int fails_fast;      // 1: questions are answered "away" at once while there is no connection and the last try to make
                         // one failed; 0: they wait for one until their deadline
    authhost_logon_fn *logon;                                  // NULL: the door asks for no log-on
    void (*logged_on)(void *context, int accepted);            // told what became of them; may be NULL
    void (*event)(void *context, const authhost_event_t *event); // must not block; may be NULL
    void *context;
} authhost_options_t;

// Makes a client; the connection is made in the background. Returns NULL, with errno, for invalid options or without
// memory or threads.
AUTHHOST_EXPORT authhost_t *authhost_open(const authhost_options_t *options);

// Ends a client: what waits is answered AUTHHOST_UNDECIDED, "closed", and no callback is called once it has returned.
// Called from a callback it returns at once, and the client ends on another thread.
AUTHHOST_EXPORT void authhost_close(authhost_t *client);

// Asks; `answered` is called exactly once.
AUTHHOST_EXPORT void authhost_ask(
    authhost_t *client, const authhost_question_t *question, authhost_answered_fn *answered, void *context);

// Asks and waits for the answer. Not to be called from a callback of the client.
AUTHHOST_EXPORT void authhost_wait(
    authhost_t *client, const authhost_question_t *question, authhost_answer_t *answer);

// Whether there is a connection that questions go out on now.
AUTHHOST_EXPORT int authhost_is_connected(authhost_t *client);

// An empty question of a kind.
static inline authhost_question_t authhost_question(authhost_kind_t kind) {
    authhost_question_t question;
    memset(&question, 0, sizeof question);
    question.size = sizeof question;
    question.kind = kind;
    return question;
}

static inline void authhost_login(
    authhost_t *client, const char *user, const char *password, authhost_answer_t *answer) {
    authhost_question_t question = authhost_question(AUTHHOST_QUESTION_LOGIN);
    question.user = user;
    question.password = password;
    authhost_wait(client, &question, answer);
}

static inline void authhost_logout(authhost_t *client, authhost_session_t session, authhost_answer_t *answer) {
    authhost_question_t question = authhost_question(AUTHHOST_QUESTION_LOGOUT);
    question.session = session;
    authhost_wait(client, &question, answer);
}

static inline void authhost_check(
    authhost_t *client, authhost_session_t session, authhost_action_t action, const char *name,
    authhost_answer_t *answer) {
    authhost_question_t question = authhost_question(AUTHHOST_QUESTION_CHECK);
    question.session = session;
    question.action = action;
    question.name = name;
    authhost_wait(client, &question, answer);
}

#ifdef __cplusplus
}
#endif
#endif
