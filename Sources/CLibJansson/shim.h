#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static inline void authhost_json_release(void *memory) {
    if (memory == NULL) return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

// Overwrites all memory that jansson frees, wherever in the process it is used: texts may be passwords.
static inline void authhost_json_wipes(void) { json_set_alloc_funcs(malloc, authhost_json_release); }
