// What Linux has for event loops and Swift's own module of the C library does not show: epoll(7), eventfd(2), accept4(2).
#ifndef AUTHHOST_CEPOLL_H
#define AUTHHOST_CEPOLL_H

#include <stdint.h>

// What an event is about, as epoll_ctl(2) has it.
enum { CEPOLL_IN = 0x1, CEPOLL_OUT = 0x4, CEPOLL_ERR = 0x8, CEPOLL_HUP = 0x10, CEPOLL_RDHUP = 0x2000 };

// One descriptor that is ready: what of it, and the word that it was added with.
struct cepoll_event {
    uint32_t events;
    uint64_t word;
};

// Each returns -1 and sets errno where it fails.
int cepoll_create(void);
// Adds a descriptor, level-triggered.
int cepoll_add(int epoll, int descriptor, uint32_t events, uint64_t word);
int cepoll_change(int epoll, int descriptor, uint32_t events, uint64_t word);
int cepoll_remove(int epoll, int descriptor);
// Waits so many milliseconds, -1 for ever; returns how many events there are, at most 64.
int cepoll_wait(int epoll, struct cepoll_event *_Nonnull events, int milliseconds);

// Makes what wakes a loop, and adds it: each ring is one event with the word 0, and nothing has to be read.
int cepoll_bell(int epoll);
void cepoll_ring(int bell);

// Accepts a connection that neither blocks nor is inherited.
int cepoll_accept(int listener);
// The user at the other end of a unix socket, unix(7).
int cepoll_peer(int descriptor, uint32_t *_Nonnull user);
// The address at the other end of a TCP connection, as text with a NUL.
enum { CEPOLL_ADDRESS_SIZE = 46 };
int cepoll_address(int descriptor, char *_Nonnull text);
// The process at the other end of a unix socket, unix(7).
int cepoll_peer_process(int descriptor, int32_t *_Nonnull process);

// Sends bytes over a unix socket, and a descriptor with the first of them, -1 for none. Never waits. Returns how many.
int64_t cepoll_send(int socket, const void *_Nonnull bytes, int64_t count, int descriptor);
// Receives bytes, and the descriptor that came with them, -1 for none, which no child process inherits. Never waits. Returns how many, 0
// at the end; -1 with EPROTO where more than one descriptor came with them.
int64_t cepoll_receive(int socket, void *_Nonnull bytes, int64_t size, int *_Nonnull descriptor);
// What ps(1) calls the calling thread; 15 bytes are kept.
void cepoll_name_thread(const char *_Nonnull name);

#endif
