// What the module says of itself by the ability AUTH_EXTENSION_ABOUT, as Sources/ModuleHost/Loading/ModuleAbout.swift reads it.
#define _GNU_SOURCE
#include "helper.h"

#define LONGEST 256

static cffi_plan *plan;
static cffi_function function;

void find_extensions(const auth_module_t *module) {
    for (uint32_t i = 0; i < module->entry_count; i++) {
        const auth_entry_t *row = (const void *)((const char *)module->entries + (size_t)i * module->entry_size);
        if (!equals(row->name, "auth_get_extension") || row->version != 9 || !equals(row->signature, "p(ps)")) continue;
        plan = cffi_prepare(row->signature, start.module, row->name, row->version);
        function = row->function;
    }
}

// Copies a text of the record, with its NUL; false where its bytes cannot be read.
static bool copy_text(auth_string_t text, char copy[LONGEST + 1]) {
    size_t count = text.length;
    copy[count] = 0;
    if (count == 0 || !cffi_copy_memory(text.data, copy, count)) return count == 0;
    for (size_t i = 0; i < count; i++) copy[i] = copy[i] ? copy[i] : '?';
    return true;
}

// What is wrong with the record at an address, which may be anything; else writes what it says.
static const char *read_about(uintptr_t address, char name[LONGEST + 1], char version[LONGEST + 1]) {
    auth_about_t record;
    if (!cffi_copy_memory((const void *)address, &record, sizeof record)) {
        return FAULT("`auth_get_extension` returned 0x%zx for `" AUTH_EXTENSION_ABOUT "`, where no record of %zu bytes is",
                     (size_t)address, sizeof record);
    }
    if (address % 8 != 0) {
        return FAULT("`auth_get_extension` returned 0x%zx for `" AUTH_EXTENSION_ABOUT
                     "`; an address that is a multiple of 8 is accepted", (size_t)address);
    }
    if (record.size < sizeof record || record.reserved != 0) {
        return FAULT("the record of its `" AUTH_EXTENSION_ABOUT "` has %u bytes and %u in its member `reserved`; %zu and 0 are "
                     "accepted", record.size, record.reserved, sizeof record);
    }
    const bool is_version = record.name.length <= LONGEST;
    const size_t length = is_version ? record.version.length : record.name.length;
    if (length > LONGEST) {
        return FAULT("the member `%s` of its `" AUTH_EXTENSION_ABOUT "` has %zu bytes; at most %d are accepted",
                     is_version ? "version" : "name", length, LONGEST);
    }
    if (!copy_text(record.name, name) || !copy_text(record.version, version)) {
        return FAULT("a text of its `" AUTH_EXTENSION_ABOUT "` has bytes that cannot be read");
    }
    return NULL;
}

bool ask_about(void *instance) {
    if (!plan || !function) return true;
    uint64_t arguments[] = {(uintptr_t)instance, (uintptr_t)AUTH_EXTENSION_ABOUT};
    uintptr_t address = (uintptr_t)cffi_call(plan, function, arguments);
    if (address == 0) return true;
    char name[LONGEST + 1], version[LONGEST + 1], line[2 * LONGEST + 16];
    const char *why = read_about(address, name, version);
    const auth_host_t *host = host_table();
    if (why) {
        host->log(host, AUTH_LOG_ERROR, why);
    } else {
        snprintf(line, sizeof line, "is %s%s%s", name, *name && *version ? " " : "", version);
        host->log(host, AUTH_LOG_INFO, line);
    }
    return why == NULL;
}
