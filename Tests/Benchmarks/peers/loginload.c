// Load of log-ins, of one user with the password `secret`: one thread, epoll. The user is `ann`, or of three letters too.
//
//   loginload saslauthd SOCKET IN-FLIGHT SECONDS           a connection for each, as the protocol has it
//   loginload dovecot SOCKET IN-FLIGHT SECONDS [USER]      eight connections, PLAIN, so many in flight over all of them
//   loginload radius PORT IN-FLIGHT SECONDS                PAP over UDP to 127.0.0.1, with the secret `testing123`
//
// Prints log-ins a second and how many there were. Whatever is no yes ends the run.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <nettle/base64.h>
#include <nettle/md5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char *user = "ann", password[] = "secret";
// NUL user NUL secret, in base64: three bytes are four letters.
static char response[17];
static uint64_t answered;
static int events;

static void fail(const char *what) {
    fprintf(stderr, "loginload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void watch(int descriptor, uint64_t data) {
    struct epoll_event wanted = {EPOLLIN, {.u64 = data}};
    if (epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &wanted)) fail("epoll");
}

static int dial(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the path is too long");
    strcpy(address.sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail(path);
    return descriptor;
}

// MARK: saslauthd

static void ask_saslauthd(const char *path) {
    unsigned char request[64], *to = request;
    const char *fields[] = {user, password, "imap", ""};
    for (int i = 0; i < 4; i++) {
        *to++ = 0;
        *to++ = (unsigned char)strlen(fields[i]);
        memcpy(to, fields[i], strlen(fields[i]));
        to += strlen(fields[i]);
    }
    int descriptor = dial(path);
    if (write(descriptor, request, (size_t)(to - request)) != to - request) fail("write");
    watch(descriptor, (uint64_t)descriptor);
}

static void saslauthd(const char *path, int in_flight, int64_t until) {
    for (int i = 0; i < in_flight; i++) ask_saslauthd(path);
    struct epoll_event ready[256];
    while (now() < until) {
        int found = epoll_wait(events, ready, 256, 100);
        for (int i = 0; i < found; i++) {
            int descriptor = (int)ready[i].data.u64;
            char answer[1026];
            ssize_t got = read(descriptor, answer, sizeof answer);
            // The length may come alone.
            if (got == 2) got += read(descriptor, answer + 2, sizeof answer - 2);
            if (got < 4 || memcmp(answer + 2, "OK", 2)) fail("saslauthd says no");
            close(descriptor);
            answered++;
            ask_saslauthd(path);
        }
    }
}

// MARK: dovecot

typedef struct mail {
    int descriptor;
    char in[65536];
    size_t count;
} mail_t;

static void ask_dovecot(mail_t *mail, unsigned count) {
    static uint32_t number;
    static char out[65536];
    size_t length = 0;
    for (unsigned i = 0; i < count; i++) {
        length += (size_t)snprintf(
            out + length, sizeof out - length, "AUTH\t%u\tPLAIN\tservice=smtp\tsecured\tnologin\tresp=%s\n", ++number,
            response);
    }
    if (write(mail->descriptor, out, length) != (ssize_t)length) fail("write");
}

static void dovecot(const char *path, int in_flight, int64_t until) {
    enum { CONNECTIONS = 8 };
    static mail_t all[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        char greeting[64];
        all[i].descriptor = dial(path);
        int length = snprintf(greeting, sizeof greeting, "VERSION\t1\t2\nCPID\t%d\n", (int)getpid() + i);
        if (write(all[i].descriptor, greeting, (size_t)length) != length) fail("write");
        watch(all[i].descriptor, (uint64_t)i);
        ask_dovecot(&all[i], (unsigned)in_flight / CONNECTIONS);
    }
    struct epoll_event ready[CONNECTIONS];
    while (now() < until) {
        int found = epoll_wait(events, ready, CONNECTIONS, 100);
        for (int i = 0; i < found; i++) {
            mail_t *mail = &all[ready[i].data.u64];
            ssize_t got = read(mail->descriptor, mail->in + mail->count, sizeof mail->in - mail->count);
            if (got <= 0) fail("the connection was closed");
            mail->count += (size_t)got;
            unsigned yes = 0;
            char *line = mail->in, *end;
            while ((end = memchr(line, '\n', mail->count - (size_t)(line - mail->in)))) {
                if (memcmp(line, "OK\t", 3) == 0) yes++;
                if (memcmp(line, "FAIL\t", 5) == 0) fail("dovecot says no");
                line = end + 1;
            }
            mail->count -= (size_t)(line - mail->in);
            memmove(mail->in, line, mail->count);
            answered += yes;
            if (yes) ask_dovecot(mail, yes);
        }
    }
}

// MARK: RADIUS (RFC 2865)

static void ask_radius(int descriptor, unsigned char identifier) {
    static uint64_t drawn = 88172645463325252u;
    unsigned char packet[128] = {1, identifier}, *to = packet + 4, hidden[16] = {0};
    for (int i = 0; i < 16; i += 8) {
        // Another authenticator each time: a packet that comes twice is answered from what is kept.
        drawn ^= drawn << 13, drawn ^= drawn >> 7, drawn ^= drawn << 17;
        memcpy(to + i, &drawn, 8);
    }
    struct md5_ctx context;
    md5_init(&context);
    md5_update(&context, strlen("testing123"), (const uint8_t *)"testing123");
    md5_update(&context, 16, to);
    md5_digest(&context, 16, hidden);
    for (size_t i = 0; i < strlen(password); i++) hidden[i] ^= (unsigned char)password[i];
    to += 16;
    *to++ = 1; // User-Name
    *to++ = (unsigned char)(2 + strlen(user));
    memcpy(to, user, strlen(user));
    to += strlen(user);
    *to++ = 2; // User-Password
    *to++ = 18;
    memcpy(to, hidden, 16);
    to += 16;
    packet[3] = (unsigned char)(to - packet);
    if (send(descriptor, packet, (size_t)(to - packet), 0) != to - packet) fail("send");
}

static void radius(const char *port, int in_flight, int64_t until) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail("connect");
    struct timeval patience = {.tv_sec = 2};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (int i = 0; i < in_flight; i++) ask_radius(descriptor, (unsigned char)i);
    while (now() < until) {
        unsigned char answer[4096];
        ssize_t got = recv(descriptor, answer, sizeof answer, 0);
        if (got < 20 || answer[0] != 2) fail("RADIUS does not accept");
        answered++;
        ask_radius(descriptor, answer[1]);
    }
}

int main(int count, char **arguments) {
    if (count != 5 && !(count == 6 && strlen(arguments[5]) == 3)) {
        fprintf(stderr, "usage: loginload saslauthd|dovecot SOCKET IN-FLIGHT SECONDS [USER] | radius PORT IN-FLIGHT SECONDS\n");
        return 3;
    }
    if (count == 6) user = arguments[5];
    uint8_t plain[11] = {0};
    memcpy(plain + 1, user, 3);
    memcpy(plain + 5, password, 6);
    base64_encode_raw(response, sizeof plain, plain);
    int in_flight = atoi(arguments[3]);
    if (in_flight < 1 || in_flight > 256) fail("bad numbers");
    events = epoll_create1(0);
    int64_t begun = now(), until = begun + (int64_t)(atof(arguments[4]) * 1e9);
    if (strcmp(arguments[1], "saslauthd") == 0) saslauthd(arguments[2], in_flight, until);
    else if (strcmp(arguments[1], "dovecot") == 0) dovecot(arguments[2], in_flight, until);
    else if (strcmp(arguments[1], "radius") == 0) radius(arguments[2], in_flight, until);
    else fail("no such protocol");
    printf("%.0f %llu\n", (double)answered / ((double)(now() - begun) / 1e9), (unsigned long long)answered);
    return 0;
}
