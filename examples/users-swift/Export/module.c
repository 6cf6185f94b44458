#include "UsersModule.h"

#define OPTIONS(OPTION) OPTION("file", AUTH_OPTION_PATH, AUTH_REQUIRED, "The CSV file: name,password,group.")
AUTH_SWIFT_MODULE("users", "1.0", AUTH_ANY_THREAD | AUTH_OPEN_READS, OPTIONS);
