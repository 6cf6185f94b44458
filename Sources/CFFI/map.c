// Maps a module for good. Its constructors run, which may have behaved in the trial: an end of the process in them is the module's.
#include "call.h"
#include "line.h"
#include "trial.h"

void *cffi_map(const char *path, const char *module) {
    static _Thread_local cffi_plan mapping = {.entry = "dlopen", .question = "its mapping"};
    const struct cffi_call outer = cffi_current_call;
    cffi_prepare_thread();
    cffi_copy_name(mapping.module, module);
    int telling = cffi_tell_mapping(mapping.module);
    cffi_current_call = (struct cffi_call){&mapping, 0};
    void *library = cffi_open(path);
    if (cffi_is_copy()) cffi_end_copy();
    cffi_current_call = outer;
    cffi_told(telling);
    return library;
}
