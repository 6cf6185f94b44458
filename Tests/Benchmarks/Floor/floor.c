#include "floor.h"

#include <authhost/authmodule.h>
#include <dlfcn.h>
#include <ffi.h>
#include <string.h>

typedef int check_function(void *, const void *, void *);

uintptr_t floor_entry(const char *path, const char *entry) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
    auth_module_fn *describe;
    void *symbol = dlsym(library, "auth_module");
    if (!symbol) return 0;
    memcpy(&describe, &symbol, sizeof describe);
    const auth_module_t *module = describe(9, sizeof(auth_module_t));
    for (uint32_t i = 0; i < module->entry_count; i++) {
        if (strcmp(module->entries[i].name, entry) == 0) return (uintptr_t)module->entries[i].function;
    }
    return 0;
}

static volatile int64_t sink;

int64_t floor_direct(uintptr_t function, uint64_t count) {
    check_function *volatile call = (check_function *)function;
    auth_check_t check = {.size = sizeof check};
    auth_result_t result = {.size = sizeof result};
    int64_t sum = 0, start = floor_cpu_time();
    for (uint64_t i = 0; i < count; i++) sum += call(NULL, &check, &result);
    int64_t end = floor_cpu_time();
    sink = sum;
    return end - start;
}

int64_t floor_ffi(uintptr_t function, uint64_t count) {
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_pointer, &ffi_type_pointer, &ffi_type_pointer};
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 3, &ffi_type_sint, types) != FFI_OK) return 0;
    auth_check_t check = {.size = sizeof check};
    auth_result_t result = {.size = sizeof result};
    void *instance = NULL, *first = &check, *second = &result;
    void *arguments[] = {&instance, &first, &second};
    int64_t sum = 0, start = floor_cpu_time();
    for (uint64_t i = 0; i < count; i++) {
        ffi_arg returned;
        ffi_call(&cif, (void (*)(void))function, &returned, arguments);
        sum += (int)returned;
    }
    int64_t end = floor_cpu_time();
    sink = sum;
    return end - start;
}
