#define _GNU_SOURCE
#include "helper.h"

static const char *differ(const char *what, const char *note, const char *descriptor) {
    return FAULT("its note and its descriptor differ: %s is `%.300s` in the note and `%.300s` in the descriptor", what, note,
                 descriptor ? descriptor : "none");
}

static const char *differ_number(const char *what, uint32_t note, uint32_t descriptor) {
    return FAULT("its note and its descriptor differ: %s is `%u` in the note and `%u` in the descriptor", what, note, descriptor);
}

static const char *refuse(const char *member, const char *of, uint32_t value) {
    return FAULT("its %s%s%.64s%s is %u; 0 is accepted", member, of ? " of `" : "", of ? of : "", of ? "`" : "", value);
}

static const char *compare_entries(const auth_module_t *module) {
    if (module->entry_size < offsetof(auth_entry_t, threads) || module->entry_count > 256 || !module->entries) {
        return FAULT("its descriptor has %u entries of %u bytes; at most 256 of at least %zu are accepted", module->entry_count,
                     module->entry_size, offsetof(auth_entry_t, threads));
    }
    for (uint32_t i = 0; i < module->entry_count; i++) {
        const auth_entry_t *row = (const void *)((const char *)module->entries + (size_t)i * module->entry_size);
        bool is_whole = module->entry_size >= sizeof *row;
        if (is_whole && row->reserved2) return refuse("auth_entry_t.reserved2", row->name, row->reserved2);
        if (row->reserved) return refuse("auth_entry_t.reserved", row->name, row->reserved);
    }
    return NULL;
}

// The host gives values by what the note says of options.
static const char *compare_options(const auth_module_t *module) {
    if (module->option_count != start.option_count) {
        return differ_number("the number of options", start.option_count, module->option_count);
    }
    if (module->option_count == 0) return NULL;
    if (module->option_size < offsetof(auth_option_t, help) + sizeof(char *) || !module->options) {
        return FAULT("its descriptor has options of %u bytes; at least %zu are accepted", module->option_size,
                     offsetof(auth_option_t, help) + sizeof(char *));
    }
    for (uint32_t i = 0; i < module->option_count && i < CFFI_HELPER_OPTIONS; i++) {
        const auth_option_t *row = (const void *)((const char *)module->options + (size_t)i * module->option_size);
        if (!row->name || !row->help) return FAULT("its option %u has no name or no help", i + 1);
        if (row->reserved) return refuse("auth_option_t.reserved", row->name, row->reserved);
        // Of generations 6 and 7 the note has C's own spelling of a default.
        uint64_t digest = cffi_option_digest(row->name, row->type, row->default_value, row->help);
        if (digest != start.options[i]) {
            return FAULT("its note and its descriptor differ: option %u is another one than `%.64s`, of type %u, with the default "
                         "`%.300s`, which the descriptor has", i + 1, row->name, row->type,
                         row->default_value ? row->default_value : "none");
        }
    }
    return NULL;
}

const char *compare_descriptor(const auth_module_t *module) {
    if (!module) return FAULT("`auth_module` returned no descriptor");
    if (module->magic != AUTH_MAGIC) {
        return FAULT("its descriptor starts with 0x%x; 0x%x is accepted", module->magic, AUTH_MAGIC);
    }
    if (module->size < sizeof *module) {
        return FAULT("its descriptor says it has %u bytes; at least %zu are accepted", module->size, sizeof *module);
    }
    if (module->reserved) return refuse("auth_module_t.reserved", NULL, module->reserved);
    if (!equals(module->name, start.module)) return differ("the name", start.module, module->name);
    if (!equals(module->version, start.version)) return differ("the version", start.version, module->version);
    if (module->generation != start.generation) {
        return differ_number("the generation", start.generation, module->generation);
    }
    if (module->generation == 9 && module->draft != start.draft) {
        return differ_number("the draft", start.draft, module->draft);
    }
    if (module->threads != start.declared) return differ_number("what it declares", start.declared, module->threads);
    const char *why = compare_entries(module);
    return why ? why : compare_options(module);
}
