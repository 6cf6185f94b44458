// Load over unix sockets, for the native door and what stands beside it: one thread, epoll, the same clients for all.
//
//   nativeload ask SOCKET CONNECTIONS IN-FLIGHT BATCH SECONDS    checks at the native door, BATCH in each frame (1: single checks)
//   nativeload login SOCKET CONNECTIONS SECONDS                  log-ins at the native door, of 10,000 users by turns, 1 in flight
//   nativeload pace ask|ping SOCKET CONNECTIONS RATE SECONDS     one of them so often a second, whatever is answered
//   nativeload ping SOCKET CONNECTIONS IN-FLIGHT SECONDS         64 bytes to the echo
//   nativeload get SOCKET CONNECTIONS IN-FLIGHT SECONDS          GET to a Redis, of keys that `nativeload fill SOCKET` has set
//
// Prints answers a second, the 50th, 99th and 99.9th percentile of a frame's latency in microseconds, and how many answers there
// were. The latency of `pace` begins when a frame was due. An answer that decides nothing ends the run.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "nativeframes.h"

enum { ROOM = 1 << 18, MOST = 4096, PING = 64, KEYS = 997, USERS = 10000 };

typedef struct connection {
    int descriptor;
    unsigned char in[ROOM];
    size_t count;
    int64_t begun[MOST]; // when each frame in flight went out or was due, by its number
    uint32_t next, answered;
    unsigned char session[SESSION];
} connection_t;

// What is asked: writes a question and says its length; reads an answer and says its length, 0 where it is not whole yet.
typedef struct traffic {
    const char *name;
    int arguments; // of a command line without `pace`
    enum { SAYS_NOTHING, GREETS, LOGS_IN } begins;
    size_t (*ask)(connection_t *connection, unsigned char *to);
    size_t (*answer)(connection_t *connection, const unsigned char *from, size_t count);
} traffic_t;

static uint64_t histogram[1 << 20]; // of tenths of a microsecond
static uint64_t frames, answers;
static int batch = 1;

static void fail(const char *what) {
    fprintf(stderr, "nativeload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Counts a frame that was answered; `number` is which of its connection it was.
static void note(connection_t *connection, uint32_t number, unsigned count) {
    int64_t tenths = (now() - connection->begun[number % MOST]) / 100;
    if (tenths < 0) tenths = 0;
    if (tenths >= (1 << 20)) tenths = (1 << 20) - 1;
    histogram[tenths]++;
    frames++;
    answers += count;
    connection->answered++;
}

// MARK: the native door

// Names of which half are allowed to the users of the file that the row writes.
static const char *name(uint32_t number) {
    static char words[64];
    snprintf(words, sizeof words, number & 1 ? "/FX/PAIR%u" : "/BONDS/ISSUE%u", number % KEYS);
    return words;
}

static size_t ask_check(connection_t *connection, unsigned char *frame) {
    unsigned char *to = begin_frame(frame, batch > 1 ? BATCH : CHECK, connection->next);
    memcpy(to, connection->session, SESSION);
    to += SESSION;
    if (batch == 1) {
        *to++ = 1;
        return end_frame(frame, put16(put_text(put_text(to, name(connection->next)), ""), 0));
    }
    to = put16(to, (unsigned)batch);
    for (int i = 0; i < batch; i++) {
        *to++ = 1;
        to = put_text(to, name(connection->next + (uint32_t)i));
    }
    return end_frame(frame, to);
}

// The whole frame at `from`, without its length; NULL where it is not whole yet.
static const unsigned char *whole(const unsigned char *from, size_t count) {
    return count >= 4 && count >= 4 + get32(from) ? from + 4 : NULL;
}

static size_t read_check(connection_t *connection, const unsigned char *from, size_t available) {
    const unsigned char *frame = whole(from, available);
    if (!frame) return 0;
    const unsigned char *row = frame + 8, *last = frame + get32(from);
    unsigned count = 1;
    if (frame[0] == (ANSWER | BATCH)) {
        count = row[0] | (unsigned)row[1] << 8;
        row += 2;
    } else if (frame[0] != (ANSWER | CHECK)) {
        fail("not an answer to a check");
    }
    if ((int)count != batch) fail("an answer of another length");
    for (unsigned i = 0; i < count; i++) {
        if (row + 2 > last || (row[0] != ALLOW && row[0] != DENY)) fail("a check was not decided");
        row += 2 + row[1];
    }
    note(connection, get32(frame + 4), count);
    return 4 + get32(from);
}

static size_t ask_login(connection_t *connection, unsigned char *frame) {
    static uint32_t turn;
    char user[16];
    snprintf(user, sizeof user, "user%u", turn++ * 7919u % USERS);
    return login_frame(frame, connection->next, user, "");
}

static size_t read_login(connection_t *connection, const unsigned char *from, size_t available) {
    const unsigned char *frame = whole(from, available);
    if (!frame) return 0;
    if (frame[0] != (ANSWER | LOGIN) || frame[8] != ALLOW) fail("a user may not log in");
    note(connection, get32(frame + 4), 1);
    return 4 + get32(from);
}

// MARK: beside it

static size_t ask_echo(connection_t *connection, unsigned char *to) {
    (void)connection;
    memset(to, 'x', PING);
    return PING;
}

static size_t read_echo(connection_t *connection, const unsigned char *from, size_t available) {
    (void)from;
    if (available < PING) return 0;
    note(connection, connection->answered, 1);
    return PING;
}

// The key of a check: as long as the names that the native door is asked about.
static size_t ask_redis(connection_t *connection, unsigned char *to) {
    const char *key = name(connection->next);
    return (size_t)sprintf((char *)to, "*2\r\n$3\r\nGET\r\n$%zu\r\n%s\r\n", strlen(key), key);
}

static size_t read_redis(connection_t *connection, const unsigned char *from, size_t available) {
    static const char value[] = "$1\r\n1\r\n";
    if (available < sizeof value - 1) return 0;
    if (memcmp(from, value, sizeof value - 1) != 0) fail("a key is not set");
    note(connection, connection->answered, 1);
    return sizeof value - 1;
}

// MARK: connections

static int dial(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the path is too long");
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail(path);
    return descriptor;
}

static void must_write(int descriptor, const void *from, size_t count) {
    if (write(descriptor, from, count) != (ssize_t)count) fail("write");
}

static void must_read(int descriptor, unsigned char *to, size_t count) {
    while (count > 0) {
        ssize_t got = read(descriptor, to, count);
        if (got <= 0) fail("the server closed the connection");
        to += got;
        count -= (size_t)got;
    }
}

static void read_frame(int descriptor, unsigned char *answer, size_t room) {
    unsigned char head[4];
    must_read(descriptor, head, sizeof head);
    if (get32(head) > room) fail("a long answer");
    must_read(descriptor, answer, get32(head));
}

// Greets, and logs in where that is wanted.
static void greet(connection_t *connection, int logs_in) {
    unsigned char out[512], answer[512];
    must_write(connection->descriptor, out, hello_frame(out, "nativeload"));
    read_frame(connection->descriptor, answer, sizeof answer);
    if (!logs_in) return;
    must_write(connection->descriptor, out, login_frame(out, 2, "alice", "wonderland"));
    read_frame(connection->descriptor, answer, sizeof answer);
    if (answer[0] != (ANSWER | LOGIN) || answer[8] != ALLOW) fail("alice may not log in");
    memcpy(connection->session, session_of(answer), SESSION);
}

static void fill(const char *path) {
    int descriptor = dial(path);
    for (uint32_t number = 0; number < 2 * KEYS; number++) {
        char out[128];
        const char *key = name(number);
        must_write(descriptor, out,
            (size_t)sprintf(out, "*3\r\n$3\r\nSET\r\n$%zu\r\n%s\r\n$1\r\n1\r\n", strlen(key), key));
        unsigned char answer[5];
        must_read(descriptor, answer, sizeof answer);
        if (memcmp(answer, "+OK\r\n", sizeof answer) != 0) fail("SET");
    }
}

static void connect_to(const char *path, const traffic_t *traffic, int events, connection_t *connection) {
    connection->descriptor = dial(path);
    if (traffic->begins != SAYS_NOTHING) greet(connection, traffic->begins == LOGS_IN);
    struct epoll_event wanted = {EPOLLIN, {.ptr = connection}};
    if (epoll_ctl(events, EPOLL_CTL_ADD, connection->descriptor, &wanted)) fail("epoll");
}

// MARK: the load

// The traffic of a name, for a command line of so many arguments, 0 for any; NULL where there is none.
static const traffic_t *traffic_of(const char *name, int count) {
    static const traffic_t all[] = {
        {"ask", 7, LOGS_IN, ask_check, read_check},     {"login", 5, GREETS, ask_login, read_login},
        {"ping", 6, SAYS_NOTHING, ask_echo, read_echo}, {"get", 6, SAYS_NOTHING, ask_redis, read_redis},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0 && (count == 0 || count == all[i].arguments)) return &all[i];
    return NULL;
}

static size_t ask(const traffic_t *traffic, connection_t *connection, unsigned char *to, int64_t begun) {
    size_t length = traffic->ask(connection, to);
    connection->begun[connection->next++ % MOST] = begun;
    return length;
}

// Reads what has come, and asks once for each answer where `again` is true.
static void take(const traffic_t *traffic, connection_t *connection, unsigned char *room, int again) {
    ssize_t got = read(connection->descriptor, connection->in + connection->count, ROOM - connection->count);
    if (got <= 0) fail("the connection was closed");
    connection->count += (size_t)got;
    size_t start = 0, length;
    unsigned char *out = room;
    int64_t time = now();
    while ((length = traffic->answer(connection, connection->in + start, connection->count - start)) > 0) {
        start += length;
        if (again) out += ask(traffic, connection, out, time);
    }
    memmove(connection->in, connection->in + start, connection->count - start);
    connection->count -= start;
    if (out > room) must_write(connection->descriptor, room, (size_t)(out - room));
}

static void closed_loop(const traffic_t *traffic, connection_t *all, int connections, int events, int in_flight, int64_t until) {
    unsigned char *room = malloc((size_t)in_flight * ((size_t)batch * 64 + 256));
    if (!room) fail("memory");
    for (int i = 0; i < connections; i++) {
        unsigned char *out = room;
        for (int k = 0; k < in_flight; k++) out += ask(traffic, &all[i], out, now());
        must_write(all[i].descriptor, room, (size_t)(out - room));
    }
    struct epoll_event ready[256];
    while (now() < until) {
        int found = epoll_wait(events, ready, 256, 100);
        for (int i = 0; i < found; i++) take(traffic, ready[i].data.ptr, room, 1);
    }
}

// Asks what is due, by turns, whatever has been answered.
static void open_loop(const traffic_t *traffic, connection_t *all, int connections, int events, double rate, int64_t until) {
    unsigned char room[512];
    int64_t begun = now();
    uint64_t sent = 0;
    struct epoll_event ready[256];
    while (now() < until) {
        int64_t time = now();
        for (;; sent++) {
            int64_t due = begun + (int64_t)((double)sent / rate * 1e9);
            if (due > time) break;
            connection_t *connection = &all[sent % (uint64_t)connections];
            if (connection->next - connection->answered >= MOST) fail("the server does not keep up");
            must_write(connection->descriptor, room, ask(traffic, connection, room, due));
        }
        int found = epoll_wait(events, ready, 256, 0);
        for (int i = 0; i < found; i++) take(traffic, ready[i].data.ptr, room, 0);
    }
}

static void report(double elapsed) {
    static const double shares[] = {0.5, 0.99, 0.999};
    double percentiles[] = {0, 0, 0};
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof histogram / sizeof *histogram; i++) {
        seen += histogram[i];
        for (int k = 0; k < 3; k++)
            if (!percentiles[k] && (double)seen >= (double)frames * shares[k]) percentiles[k] = (double)i / 10 + 0.05;
    }
    printf("%.0f %.2f %.2f %.2f %llu\n", (double)answers / elapsed, percentiles[0], percentiles[1], percentiles[2],
        (unsigned long long)answers);
}

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "fill") == 0) {
        fill(arguments[2]);
        return 0;
    }
    int paced = count == 7 && strcmp(arguments[1], "pace") == 0;
    const traffic_t *traffic = traffic_of(arguments[paced ? 2 : 1], paced ? 0 : count);
    if (!traffic) {
        fprintf(stderr, "usage: nativeload ask|login|pace|ping|get|fill ...: see the head of nativeload.c\n");
        return 3;
    }
    const char *path = arguments[paced ? 3 : 2];
    int connections = atoi(arguments[paced ? 4 : 3]), in_flight = !paced && count > 5 ? atoi(arguments[4]) : 1;
    if (!paced && count == 7) batch = atoi(arguments[5]);
    if (connections < 1 || in_flight < 1 || in_flight > MOST || batch < 1 || batch > 1000) fail("bad numbers");
    connection_t *all = calloc((size_t)connections, sizeof *all);
    int events = epoll_create1(0);
    if (!all) fail("memory");
    for (int i = 0; i < connections; i++) connect_to(path, traffic, events, &all[i]);
    int64_t begun = now(), until = begun + (int64_t)(atof(arguments[count - 1]) * 1e9);
    if (paced) open_loop(traffic, all, connections, events, atof(arguments[5]), until);
    else closed_loop(traffic, all, connections, events, in_flight, until);
    report((double)(now() - begun) / 1e9);
    return 0;
}
