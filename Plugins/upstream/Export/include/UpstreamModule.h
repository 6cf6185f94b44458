// Declares the one symbol that upstream exports.
#ifndef UPSTREAM_MODULE_H
#define UPSTREAM_MODULE_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
