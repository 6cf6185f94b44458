#define _GNU_SOURCE
#include "helper.h"

const char *differ(const char *what, const char *said, const char *descriptor) {
    return FAULT("its note and its descriptor differ: %s is `%.300s` in the note and `%.300s` in the descriptor", what, said,
                 descriptor ? descriptor : "none");
}

const char *differ_number(const char *what, uint32_t said, uint32_t descriptor) {
    return FAULT("its note and its descriptor differ: %s is `%u` in the note and `%u` in the descriptor", what, said, descriptor);
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
    if (module->entry_count != start.row_count) {
        return differ_number("the number of entry points", start.row_count, module->entry_count);
    }
    return NULL;
}

// The next text of the note's, which hands them out in the order of the options and their fields.
static const char *next_text(const char **place) {
    const char *text = *place;
    *place += strlen(text) + 1;
    return text;
}

static const char *compare_option(uint32_t number, const auth_option_t *row, const char **place) {
    const char *name = next_text(place), *type = next_text(place), *value = next_text(place), *help = next_text(place);
    const char *found = row->default_value ? row->default_value : AUTH_REQUIRED;
    char digits[16], what[128];
    snprintf(digits, sizeof digits, "%u", row->type);
    const struct {
        const char *field, *said, *found;
    } fields[] = {{"name", name, row->name}, {"type", type, digits}, {"default", value, found}, {"help", help, row->help}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (equals(fields[i].found, fields[i].said)) continue;
        snprintf(what, sizeof what, "of option %u, `%.64s`, the %s", number, row->name, fields[i].field);
        return differ(what, equals(fields[i].said, AUTH_REQUIRED) ? "none" : fields[i].said,
                      equals(fields[i].found, AUTH_REQUIRED) ? NULL : fields[i].found);
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
    const char *place = note;
    for (uint32_t i = 0; i < module->option_count; i++) {
        const auth_option_t *row = (const void *)((const char *)module->options + (size_t)i * module->option_size);
        if (!row->name || !row->help) return FAULT("its option %u has no name or no help", i + 1);
        if (row->reserved) return refuse("auth_option_t.reserved", row->name, row->reserved);
        const char *why = compare_option(i + 1, row, &place);
        if (why) return why;
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
