// Declares the one symbol that the example exports.
#ifndef USERS_MODULE_H
#define USERS_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
