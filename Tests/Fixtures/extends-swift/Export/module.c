#include "ExtendsModule.h"

AUTH_SWIFT_MODULE_WITH_BLOCKING_LOGINS("extends_swift", "1.0", AUTH_ANY_THREAD, AUTH_NO_OPTIONS);
