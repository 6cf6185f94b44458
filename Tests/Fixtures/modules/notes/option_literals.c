// Good: defaults in every way that C spells a string. Expected: loaded, the note and the descriptor agree.
#include "fixture.h"

#define FOLDER "/etc"
#define ENTRIES(ENTRY) ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user9)
#define OPTIONS(OPTION) \
    OPTION("adjacent", AUTH_OPTION_PATH, FOLDER "/" "users.xml", "A macro, and three literals.") \
    OPTION("numeric", AUTH_OPTION_STRING, "\033[\x41" "B\101", "Octal and hexadecimal.") \
    OPTION("simple", AUTH_OPTION_STRING, "a\tb\\c\"d'\n\?", "One letter each.") \
    OPTION("universal", AUTH_OPTION_STRING, "\u00e9\U0001f600 é", "Outside of ASCII.") \
    OPTION("combining", AUTH_OPTION_STRING, "́x", "A mark that would join the quote before it.") \
    OPTION("parentheses", AUTH_OPTION_STRING, "(y)", "Help with a\ttab.") \
    OPTION("empty", AUTH_OPTION_STRING, "", "No value.")
AUTH_MODULE("option_literals", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS);
