// Declares the one symbol that xmlauth exports.
#ifndef XMLAUTH_MODULE_H
#define XMLAUTH_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
