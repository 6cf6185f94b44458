// Fault: what auth_get_extension returns is no record. Expected: refused, with what was found. Built in variants, see
// scripts/build-fixtures: ODD is an odd address, SMALL a number, RESERVED sets what must be 0, LONG has a name of 1 TiB, HANGS does not return.
#include "fixture.h"
#include <unistd.h>

static const void *find(void *instance, const char *id) {
#if defined(RESERVED)
    static const auth_about_t mine = {sizeof mine, 7, AUTH_STATIC_LITERAL("x"), AUTH_STATIC_LITERAL("1")};
    return &mine;
#elif defined(LONG)
    static const auth_about_t mine = {sizeof mine, 0, {"x", (size_t)1 << 40}, AUTH_STATIC_LITERAL("1")};
    return &mine;
#elif defined(HANGS)
    while (pause() != 0) continue;
    return NULL;
#elif defined(ODD)
    return id + 1;
#else
    return (const void *)67;
#endif
}
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9) ENTRY(auth_get_extension, 9, find)
FIXTURE("extends_wrongly", AUTH_ANY_THREAD, ENTRIES);
