// Fault: sets the reserved member of its descriptor. Expected: refused, with the member's name and value.
#include <authhost/authmodule.h>

AUTH_NOTE_("module reserved_module\nversion 1.0\ngeneration 9\ndraft " AUTH_TEXT(AUTH_DRAFT) "\nthreads 0u\n")
static const auth_module_t module = {.magic = AUTH_MAGIC, .size = sizeof module, .generation = 9, .draft = AUTH_DRAFT,
                                     .reserved = 7, .name = "reserved_module", .version = "1.0"};
AUTH_EXPORT const auth_module_t *auth_module(uint32_t generation, uint32_t size);
const auth_module_t *auth_module(uint32_t generation, uint32_t size) {
    return (void)generation, (void)size, &module;
}
