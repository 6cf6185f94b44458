// The least that answers nginx's auth_request: "204 No Content" to each request, over a unix socket, kept open. One thread, epoll.
//
//   answer SOCKET
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char yes[] = "HTTP/1.1 204 No Content\r\n\r\n";

// How many requests end in these bytes; they have no bodies, and none is cut in two by nginx.
static unsigned requests(const char *bytes, size_t count) {
    unsigned found = 0;
    const char *end = bytes + count, *next;
    while ((next = memmem(bytes, (size_t)(end - bytes), "\r\n\r\n", 4))) {
        found++;
        bytes = next + 4;
    }
    return found;
}

int main(int count, char **arguments) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (count != 2 || strlen(arguments[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: answer SOCKET\n");
        return 3;
    }
    strcpy(address.sun_path, arguments[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), events = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) {
        perror("answer");
        return 1;
    }
    struct epoll_event wanted = {EPOLLIN, {.fd = listener}}, ready[256];
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        int found = epoll_wait(events, ready, 256, -1);
        for (int i = 0; i < found; i++) {
            int descriptor = ready[i].data.fd;
            if (descriptor == listener) {
                struct epoll_event event = {EPOLLIN, {.fd = accept(listener, NULL, NULL)}};
                epoll_ctl(events, EPOLL_CTL_ADD, event.data.fd, &event);
                continue;
            }
            char buffer[65536];
            ssize_t got = read(descriptor, buffer, sizeof buffer);
            if (got <= 0) {
                close(descriptor);
                continue;
            }
            for (unsigned n = requests(buffer, (size_t)got); n > 0; n--) {
                if (write(descriptor, yes, sizeof yes - 1) < 0) break;
            }
        }
    }
}
