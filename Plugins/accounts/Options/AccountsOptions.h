// The options that every module of accounts has beside its file.
#ifndef ACCOUNTS_OPTIONS_H
#define ACCOUNTS_OPTIONS_H

#define ACCOUNTS_OPTIONS(OPTION) \
    OPTION("hash-threads", AUTH_OPTION_INTEGER, "0", "Threads that hash passwords; 0 for one on each core.") \
    OPTION("hash-queue", AUTH_OPTION_INTEGER, "1024", "Log-ins that may wait for a hash; one more cannot be decided.") \
    OPTION("hash-queue-address", AUTH_OPTION_INTEGER, "256", "Log-ins of them that may be from one address.") \
    OPTION("hash-queue-user", AUTH_OPTION_INTEGER, "64", "Log-ins of them that may be of one user from one address.") \
    OPTION("allow-plain-passwords", AUTH_OPTION_BOOLEAN, "FALSE", "Whether passwords may stand as plain text.") \
    OPTION("watch", AUTH_OPTION_BOOLEAN, "TRUE", "Whether a changed file is read again within a second.")

#endif
