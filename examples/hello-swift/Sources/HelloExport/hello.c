#include "HelloExport.h"

#define OPTIONS(OPTION) \
    OPTION("greeting", AUTH_OPTION_STRING, "hello", "What is logged when a user logs in.") \
    OPTION("writer", AUTH_OPTION_STRING, "", "The user who may write; none by default.")

AUTH_SWIFT_MODULE("hello", "1.0", AUTH_ANY_THREAD | AUTH_OPEN_READS, OPTIONS);
