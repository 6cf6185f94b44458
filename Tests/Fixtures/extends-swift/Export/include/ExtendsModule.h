// Declares the one symbol that the fixture exports.
#ifndef EXTENDS_MODULE_H
#define EXTENDS_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
