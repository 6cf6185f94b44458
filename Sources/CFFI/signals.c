// What a module sets of the signals of crashes. A handler of its own takes the place of ours; where it wants the default, or to have
// the signal ignored, ours stays in front and does so behind its line: a crash in the same call would leave none otherwise.
#define _GNU_SOURCE
#include "call.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#ifdef CFFI_SANITIZED
int cffi_set_action(int number, const struct sigaction *wish, struct sigaction *old) { return sigaction(number, wish, old); }
#else
typedef int (*action_function)(int, const struct sigaction *, struct sigaction *);

static action_function _Atomic known;

// Before the first handler is there: none may look for it.
__attribute__((constructor)) static void find_action(void) {
    action_function next = NULL;
    cffi_function found = cffi_symbol(RTLD_NEXT, "sigaction");
    memcpy(&next, &found, sizeof next);
    atomic_store(&known, next);
}

int cffi_set_action(int number, const struct sigaction *wish, struct sigaction *old) {
    if (!atomic_load(&known)) find_action();
    return atomic_load(&known)(number, wish, old);
}

static int set_for(uintptr_t caller, int number, const struct sigaction *wish, struct sigaction *old) {
    bool is_wish = wish && !(wish->sa_flags & SA_SIGINFO) && (wish->sa_handler == SIG_DFL || wish->sa_handler == SIG_IGN);
    if (is_wish && !cffi_is_own(caller) && !cffi_is_other_process() && cffi_wants_behind(number, wish, old)) return 0;
    return cffi_set_action(number, wish, old);
}

// A module binds to these before it binds to the C library's.
__attribute__((visibility("default"))) int sigaction(int number, const struct sigaction *wish, struct sigaction *old) {
    return set_for((uintptr_t)__builtin_return_address(0) - 1, number, wish, old);
}

static sighandler_t set_handler(uintptr_t caller, int number, sighandler_t handler, int flags) {
    struct sigaction wish = {.sa_flags = flags}, old = {0};
    wish.sa_handler = handler;
    return set_for(caller, number, &wish, &old) == 0 ? old.sa_handler : SIG_ERR;
}

// What both say of a handler stands in signal(2).
__attribute__((visibility("default"))) sighandler_t signal(int number, sighandler_t handler) {
    return set_handler((uintptr_t)__builtin_return_address(0) - 1, number, handler, SA_RESTART);
}

__attribute__((visibility("default"))) sighandler_t __sysv_signal(int number, sighandler_t handler) {
    return set_handler((uintptr_t)__builtin_return_address(0) - 1, number, handler, (int)SA_RESETHAND | SA_NODEFER);
}
#endif
