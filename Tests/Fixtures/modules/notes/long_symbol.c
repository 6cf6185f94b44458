// Good: exports a function with a name of 5,000 bytes, as C++ templates do. Expected: loaded, the name does not matter.
#include "fixture.h"

// Compilers need not take a literal that long; those that build this do.
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define NAME X1000 X1000 X1000 X1000 X1000
__asm__(".text\n.globl " NAME "\n.type " NAME ", %function\n" NAME ":\n");
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
FIXTURE("long_symbol", AUTH_SERIAL, ENTRIES);
