#include "helper.h"

#include <authhost/descriptor.h>
#include <string.h>

// FNV-1a, of 64 bits.
static uint64_t add(uint64_t digest, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) digest = (digest ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return digest;
}

static uint64_t add_text(uint64_t digest, const char *text) { return add(digest, text, strlen(text) + 1); }

uint64_t cffi_option_digest(const char *name, uint32_t type, const char *value, const char *help) {
    uint64_t digest = add_text(0xcbf29ce484222325u, name);
    digest = add(digest, &type, sizeof type);
    digest = add_text(digest, value ? value : AUTH_REQUIRED);
    return add_text(digest, help);
}
