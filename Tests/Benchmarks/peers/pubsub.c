// The least that an ejection between two hosts needs of Redis: a publication that another connection hears, and one back.
//
//   pubsub SOCKET COUNT     prints the median of the round trips in nanoseconds
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address)) fail(path);
    return descriptor;
}

static void say(int descriptor, const char *text) {
    if (write(descriptor, text, strlen(text)) != (ssize_t)strlen(text)) fail("write");
}

// What comes is short, and comes at once.
static void hear(int descriptor) {
    char buffer[512];
    if (read(descriptor, buffer, sizeof buffer) <= 0) fail("read");
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int compare(const void *left, const void *right) {
    long long a = *(const long long *)left, b = *(const long long *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv) {
    if (argc != 3 || atoi(argv[2]) < 1) return 3;
    int count = atoi(argv[2]);
    int there = connect_to(argv[1]), back = connect_to(argv[1]), first = connect_to(argv[1]), second = connect_to(argv[1]);
    say(first, "SUBSCRIBE bench:there\r\n");
    say(second, "SUBSCRIBE bench:back\r\n");
    hear(first);
    hear(second);
    long long *times = calloc(count, sizeof *times);
    if (!times) fail("calloc");
    for (int index = 0; index < count; index++) {
        long long start = now();
        say(there, "PUBLISH bench:there eject\r\n");
        hear(first);
        say(back, "PUBLISH bench:back ended\r\n");
        hear(second);
        times[index] = now() - start;
        hear(there);
        hear(back);
    }
    qsort(times, count, sizeof *times, compare);
    printf("%lld\n", times[count / 2]);
    return 0;
}
