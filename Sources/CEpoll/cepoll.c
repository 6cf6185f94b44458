#define _GNU_SOURCE
#include "cepoll.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(CEPOLL_IN == EPOLLIN && CEPOLL_OUT == EPOLLOUT && CEPOLL_ERR == EPOLLERR && CEPOLL_HUP == EPOLLHUP
    && CEPOLL_RDHUP == EPOLLRDHUP, "the names of epoll_ctl(2)");

enum { MOST = 64 };

int cepoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t word) {
    struct epoll_event event = {.events = events, .data = {.u64 = word}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int cepoll_add(int epoll, int descriptor, uint32_t events, uint64_t word) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, word);
}

int cepoll_change(int epoll, int descriptor, uint32_t events, uint64_t word) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, word);
}

int cepoll_remove(int epoll, int descriptor) { return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int cepoll_wait(int epoll, struct cepoll_event *events, int milliseconds) {
    struct epoll_event ready[MOST];
    int count = epoll_wait(epoll, ready, MOST, milliseconds);
    // The kernel's records are packed on some machines, which Swift has no word for.
    for (int i = 0; i < count; i++) events[i] = (struct cepoll_event){ready[i].events, ready[i].data.u64};
    return count;
}

int cepoll_bell(int epoll) {
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell < 0) return -1;
    // Edge-triggered: each ring is an edge, though the count is never read.
    if (control(epoll, EPOLL_CTL_ADD, bell, EPOLLIN | EPOLLET, 0) == 0) return bell;
    close(bell);
    return -1;
}

void cepoll_ring(int bell) {
    uint64_t one = 1;
    if (write(bell, &one, sizeof one) < 0) {
        // Only a count at its end, after 2^64 - 1 rings, could refuse it.
    }
}

int cepoll_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }

int cepoll_peer(int descriptor, uint32_t *user) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
    *user = credentials.uid;
    return 0;
}

int cepoll_peer_process(int descriptor, int32_t *process) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
    *process = credentials.pid;
    return 0;
}

// Room for one descriptor, aligned as cmsg(3) asks for.
union room {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

int64_t cepoll_send(int socket, const void *bytes, int64_t count, int descriptor) {
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = (size_t)count};
    union room room = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = room.bytes;
        message.msg_controllen = sizeof room.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Takes the one descriptor of a header, and closes all where there are more: the room's padding may hold a second.
static int take(struct cmsghdr *header, int *descriptor) {
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int found;
        memcpy(&found, CMSG_DATA(header) + i * sizeof found, sizeof found);
        if (count == 1) *descriptor = found;
        else close(found);
    }
    return count <= 1;
}

int64_t cepoll_receive(int socket, void *bytes, int64_t size, int *descriptor) {
    struct iovec piece = {.iov_base = bytes, .iov_len = (size_t)size};
    union room room = {.bytes = {0}};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
    *descriptor = -1;
    ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) return -1;
    int fits = !(message.msg_flags & MSG_CTRUNC);
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) fits &= take(header, descriptor);
    if (fits) return count;
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
    errno = EPROTO;
    return -1;
}

_Static_assert(CEPOLL_ADDRESS_SIZE == INET6_ADDRSTRLEN, "room for both families");

int cepoll_address(int descriptor, char *text) {
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } peer;
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, &peer.any, &size) != 0) return -1;
    const void *address = peer.any.sa_family == AF_INET6 ? (const void *)&peer.six.sin6_addr : &peer.four.sin_addr;
    return inet_ntop(peer.any.sa_family, address, text, CEPOLL_ADDRESS_SIZE) ? 0 : -1;
}

void cepoll_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
