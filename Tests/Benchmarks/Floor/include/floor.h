// The floors that authhost is compared with in one process: the least that C needs for the same work.
// Times are nanoseconds of the calling thread's own CPU time.
#ifndef AUTHHOST_FLOOR_H
#define AUTHHOST_FLOOR_H

#include <stdint.h>

// Nanoseconds that the calling thread has run: what others do on the machine is not in it.
int64_t floor_cpu_time(void);

// Opens a module with dlopen and finds its entry by name in its descriptor; returns its address, or 0.
uintptr_t floor_entry(const char *_Nonnull path, const char *_Nonnull entry);

// Returns the time of `count` calls of int f(void *, const void *, void *).
int64_t floor_direct(uintptr_t function, uint64_t count);
int64_t floor_ffi(uintptr_t function, uint64_t count);

// One question about rules. OWNERSHIP: user and object are the caller's, and are not NUL-terminated.
typedef struct floor_query {
    const char *_Nonnull user, *_Nonnull object;
    uint8_t user_length, object_length; // at most 19 and 255
    uint8_t write;                      // 1 for a write, 0 for a read
    uint8_t allowed;                    // the right answer
} floor_query_t;

// Rules as a trie over the segments of names, one root for each group; `*` stands for one segment. A user has one group.
typedef struct floor_trie floor_trie_t;

// Makes an empty trie with room for so many rules of three segments and so many users; NULL without memory.
floor_trie_t *_Nullable floor_trie_new(uint32_t rules, uint32_t users, uint32_t groups);
void floor_trie_free(floor_trie_t *_Nonnull trie);
void floor_trie_user(floor_trie_t *_Nonnull trie, const char *_Nonnull name, uint8_t length, uint32_t group);
void floor_trie_rule(
    floor_trie_t *_Nonnull trie, uint32_t group, const char *_Nonnull pattern, uint8_t length, int write);

// Asks every query so many times; returns the time, and in *correct how many answers were right.
int64_t floor_trie_pass(
    const floor_trie_t *_Nonnull trie, const floor_query_t *_Nonnull queries, uint32_t count, uint32_t times,
    uint64_t *_Nonnull correct);

// A table of sessions: at most three for each user, and one more puts out the oldest.
typedef struct floor_sessions floor_sessions_t;

// Makes a table for the users `user0`, `user1` and so on; NULL without memory.
floor_sessions_t *_Nullable floor_sessions_new(uint32_t users);
void floor_sessions_free(floor_sessions_t *_Nonnull table);

// Admits `count` sessions of users drawn at random; returns the time, and in *ejected how many were put out.
int64_t floor_sessions_admit(floor_sessions_t *_Nonnull table, uint64_t count, uint64_t *_Nonnull ejected);

// Keeps the calling thread on one core; 0 on success.
int floor_pin(int core);

// Runs a program with one argument so many times, one after the other, and reads what it prints. Returns how many bytes came, or
// -1 when a run failed.
int64_t floor_spawn(const char *_Nonnull path, const char *_Nonnull argument, uint32_t count);

#endif
