// Fault: auth_module follows a pointer to no memory. Expected: refused, damaged-module, which names auth_module.
#include "fixture.h"

AUTH_EXPORT const auth_module_t *auth_module(uint32_t host_generation, size_t size);
const auth_module_t *auth_module(uint32_t host_generation, size_t size) {
    return *(const auth_module_t *volatile *)(uintptr_t)size;
}
