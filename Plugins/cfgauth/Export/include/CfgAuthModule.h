// Declares the one symbol that cfgauth exports.
#ifndef CFGAUTH_MODULE_H
#define CFGAUTH_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
