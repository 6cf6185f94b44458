// Fault: auth_module returns no descriptor. Expected: refused, null-descriptor.
#include <authhost/authmodule.h>

AUTH_NOTE_("module null_descriptor\nversion 1.0\ngeneration 9\ndraft " AUTH_TEXT(AUTH_DRAFT) "\nthreads 0u\n")
AUTH_EXPORT const auth_module_t *auth_module(uint32_t host_generation, uint32_t host_size);
const auth_module_t *auth_module(uint32_t host_generation, uint32_t host_size) { return NULL; }
