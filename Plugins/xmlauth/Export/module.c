#include "XMLAuthModule.h"

#include <AccountsOptions.h>

#define OPTIONS(OPTION) \
    OPTION("xmlauth-file", AUTH_OPTION_PATH, "%r/etc/users.xml", "The users, groups, permissions and mappings.") \
    ACCOUNTS_OPTIONS(OPTION)

AUTH_SWIFT_MODULE("xmlauth", "0.1.0", AUTH_ANY_THREAD, OPTIONS);
