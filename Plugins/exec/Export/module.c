#include "ExecModule.h"

// The defaults are the core's own; "" is an option that is not set.
#define OPTIONS(OPTION) \
    OPTION("Command", AUTH_OPTION_STRING, AUTH_REQUIRED, "The command whose output is the secret; split into words, no shell.") \
    OPTION("UserName", AUTH_OPTION_STRING, AUTH_REQUIRED, "The user that the remote server is shown.") \
    OPTION("MaxLength", AUTH_OPTION_STRING, "", "Most bytes of the output: 1024, or 64kb with Format json.") \
    OPTION("Timeout", AUTH_OPTION_STRING, "", "How long the command may run, such as 500ms: 10s.") \
    OPTION("PassEnvironment", AUTH_OPTION_LIST, "", "Variables of the host's environment that the command has.") \
    OPTION("Format", AUTH_OPTION_STRING, "", "What the command writes: raw or json.") \
    OPTION("CacheTime", AUTH_OPTION_STRING, "", "How long raw output is good, such as 5m: 0, it is used once.") \
    OPTION("RunAs", AUTH_OPTION_STRING, "", "The user, or user:group, that the command runs as; for root alone.") \
    OPTION("CheckPermissions", AUTH_OPTION_STRING, "", "strict, warn or off: who may write the command's file.") \
    OPTION("TrimWhitespace", AUTH_OPTION_STRING, "", "TRUE removes white space around raw output.")

AUTH_SWIFT_AUTHENTICATOR("exec", "0.1.0", AUTH_ANY_THREAD, OPTIONS);
