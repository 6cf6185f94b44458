#include "floor.h"

#include <stdlib.h>
#include <string.h>

// Both tables are open-addressed, at most half full; 0 in `to` and `root` marks an empty place.
typedef struct edge {
    uint64_t hash;
    uint32_t from, to;
    uint8_t length;
    char label[15];
} edge_t;

typedef struct user {
    uint64_t hash;
    uint32_t root;
    uint8_t length;
    char name[19];
} user_t;

struct floor_trie {
    edge_t *edges;
    user_t *users;
    uint8_t *granted; // of each node: bit 0 a read, bit 1 a write
    uint32_t edge_mask, user_mask, nodes;
};

static uint32_t power_above(uint32_t least) {
    uint32_t power = 16;
    while (power < least) power *= 2;
    return power;
}

// FNV-1a, with its high bits mixed into the low ones that choose a place.
static inline uint64_t hash(uint64_t seed, const char *text, size_t length) {
    uint64_t value = 0xcbf29ce484222325u ^ seed * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < length; i++) value = (value ^ (uint8_t)text[i]) * 0x100000001b3u;
    return value ^ value >> 31;
}

floor_trie_t *floor_trie_new(uint32_t rules, uint32_t users, uint32_t groups) {
    floor_trie_t *trie = calloc(1, sizeof *trie);
    if (!trie) return NULL;
    uint32_t edges = power_above(rules * 6);
    trie->edge_mask = edges - 1;
    trie->user_mask = power_above(users * 2) - 1;
    trie->edges = calloc(edges, sizeof *trie->edges);
    trie->users = calloc(trie->user_mask + 1, sizeof *trie->users);
    trie->granted = calloc(1 + groups + rules * 3, 1);
    trie->nodes = 1 + groups; // node 1 + g is the root of group g
    if (trie->edges && trie->users && trie->granted) return trie;
    floor_trie_free(trie);
    return NULL;
}

void floor_trie_free(floor_trie_t *trie) {
    free(trie->edges);
    free(trie->users);
    free(trie->granted);
    free(trie);
}

static inline edge_t *place(
    const floor_trie_t *trie, uint32_t from, const char *label, size_t length, uint64_t *found) {
    uint64_t value = *found = hash(from, label, length);
    for (uint32_t i = (uint32_t)value & trie->edge_mask;; i = (i + 1) & trie->edge_mask) {
        edge_t *edge = &trie->edges[i];
        if (!edge->to) return edge;
        if (edge->hash == value && edge->from == from && edge->length == length && !memcmp(edge->label, label, length))
            return edge;
    }
}

static inline user_t *seat(const floor_trie_t *trie, const char *name, size_t length, uint64_t *found) {
    uint64_t value = *found = hash(0, name, length);
    for (uint32_t i = (uint32_t)value & trie->user_mask;; i = (i + 1) & trie->user_mask) {
        user_t *user = &trie->users[i];
        if (!user->root) return user;
        if (user->hash == value && user->length == length && !memcmp(user->name, name, length)) return user;
    }
}

void floor_trie_user(floor_trie_t *trie, const char *name, uint8_t length, uint32_t group) {
    uint64_t value;
    user_t *user = seat(trie, name, length, &value);
    user->hash = value;
    user->root = 1 + group;
    user->length = length;
    memcpy(user->name, name, length);
}

void floor_trie_rule(floor_trie_t *trie, uint32_t group, const char *pattern, uint8_t length, int write) {
    uint32_t node = 1 + group;
    const char *end = pattern + length;
    while (pattern < end) {
        const char *label = pattern + 1, *next = memchr(label, '/', (size_t)(end - label));
        if (!next) next = end;
        uint64_t value;
        edge_t *edge = place(trie, node, label, (size_t)(next - label), &value);
        if (!edge->to) {
            edge->hash = value;
            edge->from = node;
            edge->to = trie->nodes++;
            edge->length = (uint8_t)(next - label);
            memcpy(edge->label, label, edge->length);
        }
        node = edge->to;
        pattern = next;
    }
    trie->granted[node] |= (uint8_t)(1 << (write != 0));
}

static int walk(const floor_trie_t *trie, uint32_t node, const char *name, const char *end, uint8_t bit) {
    if (name == end) return trie->granted[node] & bit;
    const char *label = name + 1, *next = memchr(label, '/', (size_t)(end - label));
    if (!next) next = end;
    uint64_t value;
    uint32_t exact = place(trie, node, label, (size_t)(next - label), &value)->to;
    if (exact && walk(trie, exact, next, end, bit)) return 1;
    uint32_t any = place(trie, node, "*", 1, &value)->to;
    return any && walk(trie, any, next, end, bit);
}

int64_t floor_trie_pass(
    const floor_trie_t *trie, const floor_query_t *queries, uint32_t count, uint32_t times, uint64_t *correct) {
    uint64_t right = 0, value;
    int64_t start = floor_cpu_time();
    for (uint32_t round = 0; round < times; round++) {
        for (uint32_t i = 0; i < count; i++) {
            const floor_query_t *query = &queries[i];
            uint32_t root = seat(trie, query->user, query->user_length, &value)->root;
            const char *end = query->object + query->object_length;
            int allowed = root && walk(trie, root, query->object, end, (uint8_t)(1 << query->write));
            right += (allowed != 0) == query->allowed;
        }
    }
    *correct = right;
    return floor_cpu_time() - start;
}
