#include "DefaultAuthModule.h"

#define OPTIONS(OPTION) \
    OPTION("User", AUTH_OPTION_STRING, "", "The user to show; else the one the host runs as, else $USER.") \
    OPTION("Password", AUTH_OPTION_SECRET, "", "The password to show.") \
    OPTION("PasswordFileName", AUTH_OPTION_STRING, "", "A file with the password, read for each connection.") \
    OPTION("PasswordEnvironmentVariable", AUTH_OPTION_STRING, "", "A variable of the environment with the password.")

AUTH_SWIFT_AUTHENTICATOR("defaultauth", "0.1.0", AUTH_BLOCKING, OPTIONS);
