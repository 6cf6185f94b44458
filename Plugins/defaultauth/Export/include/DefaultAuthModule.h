// Declares the one symbol that defaultauth exports.
#ifndef DEFAULTAUTH_MODULE_H
#define DEFAULTAUTH_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
