#define _GNU_SOURCE
#include "floor.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { limit = 3, name_size = 16 };

typedef struct record {
    uint64_t hash;
    char name[name_size];
    uint64_t sessions[limit];
    uint8_t count, oldest;
} record_t;

struct floor_sessions {
    record_t *records;
    char (*names)[name_size];
    uint32_t mask, users;
    uint64_t next, state;
};

floor_sessions_t *floor_sessions_new(uint32_t users) {
    floor_sessions_t *table = calloc(1, sizeof *table);
    if (!table) return NULL;
    uint32_t places = 16;
    while (places < users * 2) places *= 2;
    table->mask = places - 1;
    table->users = users;
    table->state = 0x2545f4914f6cdd1du;
    table->records = calloc(places, sizeof *table->records);
    table->names = calloc(users, name_size);
    if (!table->records || !table->names) {
        floor_sessions_free(table);
        return NULL;
    }
    for (uint32_t i = 0; i < users; i++) snprintf(table->names[i], name_size, "user%u", i);
    return table;
}

void floor_sessions_free(floor_sessions_t *table) {
    free(table->records);
    free(table->names);
    free(table);
}

static uint64_t random_word(floor_sessions_t *table) {
    table->state ^= table->state << 13;
    table->state ^= table->state >> 7;
    return table->state ^= table->state << 17;
}

// Returns the session that had to go, or 0.
static uint64_t admit(floor_sessions_t *table, const char *name) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *c = name; *c; c++) hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
    hash ^= hash >> 31;
    for (uint32_t i = (uint32_t)hash & table->mask;; i = (i + 1) & table->mask) {
        record_t *record = &table->records[i];
        if (record->count == 0) {
            record->hash = hash;
            memcpy(record->name, name, name_size);
        } else if (record->hash != hash || strcmp(record->name, name) != 0) {
            continue;
        }
        if (record->count < limit) {
            record->sessions[record->count++] = ++table->next;
            return 0;
        }
        uint64_t oldest = record->sessions[record->oldest];
        record->sessions[record->oldest] = ++table->next;
        record->oldest = (uint8_t)((record->oldest + 1) % limit);
        return oldest;
    }
}

int64_t floor_sessions_admit(floor_sessions_t *table, uint64_t count, uint64_t *ejected) {
    uint64_t gone = 0;
    int64_t start = floor_cpu_time();
    for (uint64_t i = 0; i < count; i++) gone += admit(table, table->names[random_word(table) % table->users]) != 0;
    *ejected = gone;
    return floor_cpu_time() - start;
}

int floor_pin(int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET((size_t)core, &cores);
    return sched_setaffinity(0, sizeof cores, &cores);
}
