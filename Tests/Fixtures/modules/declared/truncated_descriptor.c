// Fault: the descriptor says that it is shorter than any that ever was. Expected: refused, truncated-descriptor.
#include <authhost/authmodule.h>

static const struct { uint32_t magic, size, generation, draft; } head = {AUTH_MAGIC, sizeof head, 9, AUTH_DRAFT};
AUTH_NOTE_("module truncated_descriptor\nversion 1.0\ngeneration 9\ndraft " AUTH_TEXT(AUTH_DRAFT) "\nthreads 0u\n")
AUTH_EXPORT const auth_module_t *auth_module(uint32_t host_generation, uint32_t host_size);
const auth_module_t *auth_module(uint32_t host_generation, uint32_t host_size) {
    return (const auth_module_t *)(const void *)&head;
}
