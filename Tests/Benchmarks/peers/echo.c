// The floor of the native door: an echo over a unix socket that decides nothing. One thread, epoll.
//
//   echo SOCKET      serves: sends back whatever comes
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what) {
    fprintf(stderr, "echo: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail("the path is too long");
    strcpy(address.sun_path, path);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    unlink(path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) fail("listen");
    return listener;
}

static void serve(int descriptor) {
    static char buffer[65536];
    ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got <= 0) close(descriptor);
    else if (write(descriptor, buffer, (size_t)got) != got) fail("write");
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: echo SOCKET\n");
        return 3;
    }
    int listener = listen_at(arguments[1]), events = epoll_create1(0);
    struct epoll_event wanted = {EPOLLIN, {.fd = listener}}, ready[256];
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        int found = epoll_wait(events, ready, 256, -1);
        for (int i = 0; i < found; i++) {
            if (ready[i].data.fd != listener) {
                serve(ready[i].data.fd);
                continue;
            }
            int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            struct epoll_event event = {EPOLLIN, {.fd = client}};
            if (client >= 0) epoll_ctl(events, EPOLL_CTL_ADD, client, &event);
        }
    }
}
