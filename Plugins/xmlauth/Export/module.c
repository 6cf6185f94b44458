#include "XMLAuthModule.h"

#define OPTIONS(OPTION) \
    OPTION("xmlauth-file", AUTH_OPTION_PATH, "%r/etc/users.xml", "The users, groups, permissions and mappings.") \
    OPTION("hash-threads", AUTH_OPTION_INTEGER, "0", "Threads that hash passwords; 0 for one on each core.") \
    OPTION("hash-queue", AUTH_OPTION_INTEGER, "1024", "Log-ins that may wait for a hash; one more cannot be decided.") \
    OPTION("allow-plain-passwords", AUTH_OPTION_BOOLEAN, "FALSE", "Whether passwords may stand as plain text.") \
    OPTION("watch", AUTH_OPTION_BOOLEAN, "TRUE", "Whether a changed file is read again within a second.")

AUTH_SWIFT_MODULE("xmlauth", "0.1.0", AUTH_ANY_THREAD, OPTIONS);
