// Declares the one symbol that exec exports.
#ifndef EXEC_MODULE_H
#define EXEC_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
