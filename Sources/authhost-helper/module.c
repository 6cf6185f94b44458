#define _GNU_SOURCE
#include "helper.h"

#include <authhost/descriptor.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry entries[CFFI_HELPER_ENTRIES];
char fault[CFFI_HELPER_TEXT];

// The row of the descriptor for an entry point of the note; NULL where there is none like it.
//
// near: the row of the same name that comes closest; NULL for none.
static const auth_entry_t *find(const auth_module_t *module, const cffi_helper_entry *wanted, const auth_entry_t **near) {
    *near = NULL;
    for (uint32_t i = 0; i < module->entry_count; i++) {
        const auth_entry_t *row = (const void *)((const char *)module->entries + (size_t)i * module->entry_size);
        if (!equals(row->name, wanted->name)) continue;
        if (!*near || row->version == wanted->version) *near = row;
        if (row->version == wanted->version && equals(row->signature, wanted->signature)) return row;
    }
    return NULL;
}

// Says how the descriptor has another entry point than the note.
static const char *differ_entry(const cffi_helper_entry *wanted, const auth_entry_t *near) {
    char what[128];
    const char *field = !near ? "name" : near->version != wanted->version ? "version" : "signature";
    snprintf(what, sizeof what, "of entry `%s` the %s", wanted->name, field);
    if (!near) return differ(what, wanted->name, NULL);
    if (near->version != wanted->version) return differ_number(what, wanted->version, near->version);
    return differ(what, wanted->signature, near->signature);
}

static const char *bind(uint32_t index, cffi_function function) {
    const cffi_helper_entry *wanted = &start.entries[index];
    struct entry *entry = &entries[index];
    if (!function) return FAULT("its `%s` version %u has no function", wanted->name, wanted->version);
    entry->function = function;
    entry->plan = cffi_prepare(wanted->signature, start.module, wanted->name, wanted->version);
    if (!entry->plan || !wire_entry_shape(wanted->name, wanted->version, wanted->signature, entry->shape)) {
        return FAULT("libffi cannot prepare a call of `%s`, `%s`", wanted->name, wanted->signature);
    }
    return NULL;
}

const char *load_module(void) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", HELPER_MODULE);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
        const char *text = dlerror();
        return FAULT("the dynamic linker refuses it in a helper process: %s", text ? text : "no reason given");
    }
    const auth_module_t *module = NULL;
    if (!start.is_bare) {
        cffi_function symbol = cffi_symbol(library, "auth_module");
        if (!symbol) return FAULT("`auth_module` is not a function it exports");
        cffi_plan *plan = cffi_prepare("p(uu)", start.module, "auth_module", 0);
        if (!plan) return FAULT("libffi cannot prepare a call of `auth_module`");
        uint64_t arguments[] = {9, sizeof(auth_module_t)};
        module = (const auth_module_t *)(intptr_t)cffi_call(plan, symbol, arguments);
        const char *why = compare_descriptor(module);
        if (why) return why;
        find_extensions(module);
    }
    for (uint32_t i = 0; i < start.entry_count; i++) {
        const cffi_helper_entry *wanted = &start.entries[i];
        const auth_entry_t *near = NULL, *row = module ? find(module, wanted, &near) : NULL;
        if (module && !row) return differ_entry(wanted, near);
        bool says_threads = row && module->entry_size >= offsetof(auth_entry_t, threads) + sizeof row->threads;
        if (row && (says_threads ? row->threads : 0) != wanted->threads) {
            char what[128];
            snprintf(what, sizeof what, "of entry `%s` the threads", wanted->name);
            return differ_number(what, wanted->threads, says_threads ? row->threads : 0);
        }
        const char *why = bind(i, row ? row->function : cffi_symbol(library, wanted->name));
        if (why) return why;
    }
    if (start.entry_count > 0) cffi_add_module(start.module, start.build, entries[0].function);
    return NULL;
}

// MARK: objects of generations 6 and 7

// The module is serial: one thread comes here.
static struct kept {
    struct kept *next;
    object_t object;
} *objects;

object_t *known_object(object_t *came) {
    if (!came) return NULL;
    object_t *parent = known_object(came->parent);
    if (came->handle == 0) {
        came->parent = parent;
        return came;
    }
    struct kept *known = objects;
    while (known && known->object.handle != came->handle) known = known->next;
    if (!known) {
        known = calloc(1, sizeof *known);
        if (!known) abort();
        known->object = *came;
        known->object.name = strdup(came->name);
        known->next = objects;
        objects = known;
    }
    known->object.type = came->type;
    known->object.parent = parent;
    return &known->object;
}

void forget_object(object_t *object) {
    for (struct kept **place = &objects; *place; place = &(*place)->next) {
        struct kept *known = *place;
        if (&known->object != object) continue;
        *place = known->next;
        free((char *)(uintptr_t)known->object.name);
        free(known);
        return;
    }
}
