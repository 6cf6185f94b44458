// Declares the one symbol that this module exports.
#ifndef HELLO_EXPORT_H
#define HELLO_EXPORT_H

#include <authhost/authmodule.h>

extern auth_module_fn auth_module;

#endif
