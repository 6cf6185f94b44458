// Compares the live header with the frozen copies of generations 6 and 7: most of it does not compile where they
// differ, and the signatures are compared when it runs. Ends with 1, and says what differs, where one does.
#define AUTH_GENERATION 7
#include "entries7.h"
#include "records.h"
#include <authhost/authmodule.h>
#include <stdio.h>
#include <string.h>

// Parameters and results, by the compiler's own rules (C11, 6.7.6.3): also those that a signature cannot tell apart.
#define ENTRY(name, version) \
    _Static_assert(__builtin_types_compatible_p(name##_##version##_fn, frozen_##name##_##version##_fn), \
                   #name " version " #version " has other parameters than it was released with");
#include "entries.def"
#undef ENTRY

#define FIXED(record) \
    _Static_assert(sizeof(record) == sizeof(frozen_##record), #record " has another size than it was released with");
#define GROWS(record) \
    _Static_assert(sizeof(record) >= sizeof(frozen_##record), #record " is smaller than it was released");
#define MEMBER(record, member) \
    _Static_assert(offsetof(record, member) == offsetof(frozen_##record, member), #record "." #member " has moved"); \
    _Static_assert(__builtin_types_compatible_p(__typeof__(((record *)0)->member), \
                                                __typeof__(((frozen_##record *)0)->member)), \
                   #record "." #member " has another type than it was released with");
#include "records.def"

#define NUMBER(name, value) _Static_assert((name) == (value), #name " has another value than it was released with");
#include "numbers.def"

static int differs(const char *entry, const char *live, const char *frozen) {
    if (strcmp(live, frozen) == 0) return 0;
    fprintf(stderr, "frozen_agrees: %s has the signature `%s`; it was released with `%s`\n", entry, live, frozen);
    return 1;
}

int main(void) {
    int differences = 0;
#define ENTRY(name, version) \
    differences += differs(#name " version " #version, AUTH_SIGNATURE_##name##_##version, \
                           FROZEN_SIGNATURE_##name##_##version);
#include "entries.def"
    return differences ? 1 : 0;
}
