// Load for the native door, and the echo that is its floor: one thread, epoll, unix sockets.
//
//   nativeload echo SOCKET                                          serves: sends back whatever comes
//   nativeload ask SOCKET CONNECTIONS IN-FLIGHT BATCH SECONDS       asks: checks, BATCH in each frame (1: single checks)
//   nativeload ping SOCKET CONNECTIONS IN-FLIGHT SECONDS            asks the echo: frames of 64 bytes
//
// Prints answers a second, and the 50th and 99th percentile of the latency of a frame in microseconds. Every answer of a check
// must be a yes or a no: anything else ends the run.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 18, MOST = 256, PING = 64 };

typedef struct connection {
    int descriptor;
    unsigned char in[ROOM];
    size_t count;
    int64_t sent[MOST]; // when each frame in flight went out, by its number
    uint32_t next;
    unsigned char session[16];
} connection_t;

static uint64_t histogram[1 << 20]; // of tenths of a microsecond
static uint64_t frames, answers;

static void fail(const char *what) {
    fprintf(stderr, "nativeload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct sockaddr_un place(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the path is too long");
    strcpy(address.sun_path, path);
    return address;
}

static void serve_echo(const char *path) {
    struct sockaddr_un address = place(path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), events = epoll_create1(0);
    unlink(path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) fail("listen");
    struct epoll_event wanted = {EPOLLIN, {.fd = listener}}, ready[256];
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &wanted);
    static char buffer[65536];
    for (;;) {
        int count = epoll_wait(events, ready, 256, -1);
        for (int i = 0; i < count; i++) {
            int descriptor = ready[i].data.fd;
            if (descriptor == listener) {
                int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                struct epoll_event event = {EPOLLIN, {.fd = client}};
                if (client >= 0) epoll_ctl(events, EPOLL_CTL_ADD, client, &event);
                continue;
            }
            ssize_t got = read(descriptor, buffer, sizeof buffer);
            if (got <= 0) {
                close(descriptor);
            } else if (write(descriptor, buffer, (size_t)got) != got) {
                fail("echo");
            }
        }
    }
}

// MARK: frames

static unsigned char *put16(unsigned char *to, unsigned number) {
    to[0] = (unsigned char)number;
    to[1] = (unsigned char)(number >> 8);
    return to + 2;
}

static unsigned char *put32(unsigned char *to, uint32_t number) { return put16(put16(to, number & 0xffff), number >> 16); }

static unsigned char *text(unsigned char *to, const char *words) {
    to = put16(to, (unsigned)strlen(words));
    memcpy(to, words, strlen(words));
    return to + strlen(words);
}

static unsigned char *begin(unsigned char *to, unsigned type, uint32_t number) {
    to = put32(to, 0);
    *to++ = (unsigned char)type;
    *to++ = 0;
    return put32(put16(to, 0), number);
}

static size_t end(unsigned char *frame, unsigned char *to) {
    put32(frame, (uint32_t)(to - frame - 4));
    return (size_t)(to - frame);
}

static uint32_t get32(const unsigned char *from) {
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

// Names of which half are allowed to the users of the file that the row writes.
static const char *name(uint32_t number) {
    static char words[64];
    snprintf(words, sizeof words, number & 1 ? "/FX/PAIR%u" : "/BONDS/ISSUE%u", number % 997);
    return words;
}

static size_t question(connection_t *connection, int batch, unsigned char *frame) {
    unsigned char *to = begin(frame, batch > 1 ? 7 : 6, connection->next);
    memcpy(to, connection->session, 16);
    to += 16;
    if (batch == 1) {
        *to++ = 1;
        to = put16(text(text(to, name(connection->next)), ""), 0);
    } else {
        to = put16(to, (unsigned)batch);
        for (int i = 0; i < batch; i++) {
            *to++ = 1;
            to = text(to, name(connection->next + (uint32_t)i));
        }
    }
    return end(frame, to);
}

static void ask(connection_t *connection, int batch, int pings, unsigned char **out) {
    if (pings) {
        memset(*out, 'x', PING);
        *out += PING;
    } else {
        *out += question(connection, batch, *out);
    }
    connection->sent[connection->next++ % MOST] = now();
}

static void note(connection_t *connection, uint32_t number, int64_t time) {
    int64_t tenths = (time - connection->sent[number % MOST]) / 100;
    if (tenths < 0) tenths = 0;
    if (tenths >= (1 << 20)) tenths = (1 << 20) - 1;
    histogram[tenths]++;
    frames++;
}

// Reads an answer; ends the run for one that decides nothing.
static void judge(connection_t *connection, const unsigned char *frame, size_t length, int batch, int64_t time) {
    const unsigned char *from = frame + 8, *last = frame + length;
    unsigned count = 1;
    if (frame[0] == 0x87) {
        count = from[0] | (unsigned)from[1] << 8;
        from += 2;
    } else if (frame[0] != 0x86) {
        fail("not an answer to a check");
    }
    if ((int)count != batch) fail("an answer of another length");
    for (unsigned i = 0; i < count; i++) {
        if (from + 2 > last || (from[0] != 1 && from[0] != 2)) fail("a check was not decided");
        from += 2 + from[1];
    }
    answers += count;
    note(connection, get32(frame + 4), time);
}

static int dial(const char *path) {
    struct sockaddr_un address = place(path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail(path);
    return descriptor;
}

static void must_read(int descriptor, unsigned char *to, size_t count) {
    while (count > 0) {
        ssize_t got = read(descriptor, to, count);
        if (got <= 0) fail("the door closed the connection");
        to += got;
        count -= (size_t)got;
    }
}

static void log_in(connection_t *connection) {
    unsigned char out[512], head[4], answer[512];
    unsigned char *to = begin(out, 1, 1);
    size_t length = end(out, text(put16(put16(to, 1), 1), "nativeload"));
    to = begin(out + length, 3, 2);
    length += end(out + length, text(text(text(text(text(to, "alice"), "wonderland"), ""), ""), ""));
    if (write(connection->descriptor, out, length) != (ssize_t)length) fail("log-in");
    for (int i = 0; i < 2; i++) {
        must_read(connection->descriptor, head, 4);
        if (get32(head) > sizeof answer) fail("a long answer");
        must_read(connection->descriptor, answer, get32(head));
    }
    if (answer[0] != 0x83 || answer[8] != 1) fail("alice may not log in");
    memcpy(connection->session, answer + 10 + answer[9] + 2, 16);
}

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "echo") == 0) serve_echo(arguments[2]);
    int pings = count == 6 && strcmp(arguments[1], "ping") == 0;
    if (!pings && !(count == 7 && strcmp(arguments[1], "ask") == 0)) {
        fprintf(stderr, "usage: nativeload echo SOCKET | ask SOCKET CONNECTIONS IN-FLIGHT BATCH SECONDS | "
                        "ping SOCKET CONNECTIONS IN-FLIGHT SECONDS\n");
        return 3;
    }
    int connections = atoi(arguments[3]), in_flight = atoi(arguments[4]), batch = pings ? 1 : atoi(arguments[5]);
    double seconds = atof(arguments[count - 1]);
    if (connections < 1 || in_flight < 1 || in_flight > MOST || batch < 1 || batch > 1000) fail("bad numbers");
    connection_t *all = calloc((size_t)connections, sizeof *all);
    unsigned char *room = malloc((size_t)in_flight * ((size_t)batch * 64 + 256));
    int events = epoll_create1(0);
    if (!all || !room) fail("memory");
    for (int i = 0; i < connections; i++) {
        all[i].descriptor = dial(arguments[2]);
        if (!pings) log_in(&all[i]);
        struct epoll_event wanted = {EPOLLIN, {.ptr = &all[i]}};
        epoll_ctl(events, EPOLL_CTL_ADD, all[i].descriptor, &wanted);
    }
    int64_t begun = now(), until = begun + (int64_t)(seconds * 1e9);
    for (int i = 0; i < connections; i++) {
        unsigned char *out = room;
        for (int k = 0; k < in_flight; k++) ask(&all[i], batch, pings, &out);
        if (write(all[i].descriptor, room, (size_t)(out - room)) != out - room) fail("write");
    }
    struct epoll_event ready[256];
    while (now() < until) {
        int found = epoll_wait(events, ready, 256, 100);
        for (int i = 0; i < found; i++) {
            connection_t *connection = ready[i].data.ptr;
            ssize_t got = read(connection->descriptor, connection->in + connection->count, ROOM - connection->count);
            if (got <= 0) fail("the connection was closed");
            connection->count += (size_t)got;
            int64_t time = now();
            size_t start = 0;
            unsigned char *out = room;
            while (connection->count - start >= (pings ? PING : 4)) {
                size_t length = pings ? PING : 4 + get32(connection->in + start);
                if (connection->count - start < length) break;
                if (pings) {
                    // Echoes come in the order of the frames.
                    answers++;
                    note(connection, connection->next - (uint32_t)in_flight, time);
                } else {
                    judge(connection, connection->in + start + 4, length - 4, batch, time);
                }
                start += length;
                ask(connection, batch, pings, &out);
            }
            memmove(connection->in, connection->in + start, connection->count - start);
            connection->count -= start;
            if (out > room && write(connection->descriptor, room, (size_t)(out - room)) != out - room) fail("write");
        }
    }
    double elapsed = (double)(now() - begun) / 1e9;
    double percentiles[2] = {0, 0};
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof histogram / sizeof *histogram; i++) {
        seen += histogram[i];
        if (!percentiles[0] && seen * 2 >= frames) percentiles[0] = (double)i / 10 + 0.05;
        if (!percentiles[1] && seen * 100 >= frames * 99) percentiles[1] = (double)i / 10 + 0.05;
    }
    printf("%.0f %.2f %.2f %llu\n", (double)answers / elapsed, percentiles[0], percentiles[1], (unsigned long long)answers);
    return 0;
}
