#include "CfgAuthModule.h"

#include <AccountsOptions.h>

#define OPTIONS(OPTION) \
    OPTION("cfgauth-file", AUTH_OPTION_PATH, "%r/etc/cfgauth.conf", "The users and their permissions.") \
    ACCOUNTS_OPTIONS(OPTION)

AUTH_SWIFT_MODULE("cfgauth", "0.1.0", AUTH_ANY_THREAD, OPTIONS);
