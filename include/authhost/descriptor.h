// The descriptor that a module exports, and the macros that write it.
//
// A module lists its entry points and options once, as two macros, and AUTH_MODULE writes everything else: the table, the
// signatures, the exported function, and an ELF note with the same facts, so that they can be read without running code.
//
//     #define ENTRIES(ENTRY) ENTRY(auth_init, 9, my_init) ENTRY(auth_new_user, 9, my_new_user)
//     #define OPTIONS(OPTION) OPTION("greeting", AUTH_OPTION_STRING, "hello", "What to say to a new user.")
//     AUTH_MODULE("minimal", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS)
//
// An entry is (name, version, function). The function's type is checked by the compiler: a wrong one does not build.
#ifndef AUTHHOST_DESCRIPTOR_H
#define AUTHHOST_DESCRIPTOR_H

#include "status.h"
#include "types.h"

#define AUTH_MAGIC 0x4d415554u // "TUAM" in memory on a little-endian machine

// Threads that a generation 9 module can stand; see entries9.h. Generations 6 and 7 are serial whatever they say.
#define AUTH_SERIAL 0u
#define AUTH_ANY_THREAD 1u
#define AUTH_BLOCKING 2u

// Types of options. The host validates a value before auth_init and expands %r and %a in paths.
#define AUTH_OPTION_STRING 1
#define AUTH_OPTION_BOOLEAN 2  // given to the module as "TRUE" or "FALSE"
#define AUTH_OPTION_INTEGER 3
#define AUTH_OPTION_DECIMAL 4
#define AUTH_OPTION_PATH 5
#define AUTH_OPTION_SECRET 6   // a string that is never shown
#define AUTH_OPTION_LIST 7     // strings, by index

typedef void (*auth_function_t)(void);

typedef struct auth_entry {
    const char *name;      // of the entry point, such as "auth_new_user"
    uint32_t version;      // 6, 7 or 9
    uint32_t reserved;     // 0
    const char *signature; // i int, u unsigned, q 64-bit unsigned, z size_t, p pointer, v nothing: "i(ppp)";
                           // P an array of pointers
    auth_function_t function;
} auth_entry_t;

typedef struct auth_option {
    const char *name;
    uint32_t type;             // AUTH_OPTION_*
    uint32_t reserved;         // 0
    const char *default_value; // NULL: the option is required. "": none
    const char *help;          // one sentence
} auth_option_t;

typedef struct auth_module {
    uint32_t magic;        // AUTH_MAGIC
    uint32_t size;         // of this record
    uint32_t generation;   // 6, 7 or 9: what the host must speak at least
    uint32_t draft;        // AUTH_DRAFT for generation 9, else 0
    uint32_t threads;      // AUTH_SERIAL, AUTH_ANY_THREAD or AUTH_BLOCKING
    uint32_t entry_size;   // of one auth_entry_t
    uint32_t entry_count;
    uint32_t option_size;  // of one auth_option_t
    uint32_t option_count;
    uint32_t reserved;     // 0
    const char *name;      // 1...64 of a-z 0-9 _ -
    const char *version;   // of the module, 1...64 printable characters
    const auth_entry_t *entries;
    const auth_option_t *options;
} auth_module_t;

// The one exported symbol. It does nothing but return static data.
//
// host_generation: the highest that the host speaks. host_size: of the host's auth_module_t.
// [host-thread & not-loaded]      since 6
typedef const auth_module_t *auth_module_fn(uint32_t host_generation, uint32_t host_size);

#ifdef __cplusplus
#define AUTH_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define AUTH_EXPORT __attribute__((visibility("default")))
#endif

#define AUTH_NO_OPTIONS(OPTION)

#define AUTH_DRAFT_OF(generation) ((generation) == 9 ? AUTH_DRAFT : 0)
#define AUTH_TEXT_(x) #x
#define AUTH_TEXT(x) AUTH_TEXT_(x)

#define AUTH_DECLARE_ROW_(entry, version, fn) entry##_##version##_fn fn;
#define AUTH_ENTRY_ROW_(entry, version, fn) \
    {#entry, version, 0, AUTH_SIGNATURE_##entry##_##version, (auth_function_t)(fn)},
#define AUTH_ENTRY_NOTE_(entry, version, fn) "entry " #entry " " #version " " AUTH_SIGNATURE_##entry##_##version "\n"
#define AUTH_OPTION_ROW_(option, type, value, help) {option, type, 0, value, help},
#define AUTH_OPTION_NOTE_(option, type, value, help) \
    "option " option "\t" AUTH_TEXT(type) "\t" AUTH_NOTE_VALUE_(value) "\t" help "\n"
#define AUTH_NOTE_VALUE_(value) #value

// The note: owner "authhost", type 1, and lines of text.
#define AUTH_NOTE_TYPE 1u
#define AUTH_NOTE_(text) \
    struct auth_note_ { \
        uint32_t name_size, text_size, type; \
        char name[12]; \
        char content[(sizeof(text) + 3) / 4 * 4]; \
    }; \
    __attribute__((section(".note.authhost"), used, aligned(4))) static const struct auth_note_ auth_note_ = { \
        9, sizeof(text), AUTH_NOTE_TYPE, "authhost", text};

#define AUTH_MODULE(module_name, module_version, generation, threads, ENTRIES, OPTIONS) \
    ENTRIES(AUTH_DECLARE_ROW_) \
    AUTH_MODULE_DATA_(module_name, module_version, generation, threads, ENTRIES, OPTIONS)

#define AUTH_MODULE_DATA_(module_name, module_version, generation, threads, ENTRIES, OPTIONS) \
    AUTH_NOTE_("module " module_name "\n" "version " module_version "\n" "generation " AUTH_TEXT(generation) "\n" \
               "draft " AUTH_TEXT(AUTH_DRAFT) "\n" "threads " AUTH_TEXT(threads) "\n" \
               ENTRIES(AUTH_ENTRY_NOTE_) OPTIONS(AUTH_OPTION_NOTE_)) \
    typedef char auth_define_AUTH_GENERATION_as_6_or_7_before_the_headers_of_a_module_of_these_generations_alone_[ \
        ((generation) == 6 || (generation) == 7) == (AUTH_OK == 1) ? 1 : -1]; \
    static const auth_entry_t auth_entries_[] = {ENTRIES(AUTH_ENTRY_ROW_)}; \
    static const auth_option_t auth_options_[] = {OPTIONS(AUTH_OPTION_ROW_) {NULL, 0, 0, NULL, NULL}}; \
    static const auth_module_t auth_module_data_ = { \
        AUTH_MAGIC, sizeof(auth_module_t), generation, AUTH_DRAFT_OF(generation), threads, \
        sizeof(auth_entry_t), sizeof auth_entries_ / sizeof auth_entries_[0], \
        sizeof(auth_option_t), sizeof auth_options_ / sizeof auth_options_[0] - 1, 0, \
        module_name, module_version, auth_entries_, auth_options_}; \
    AUTH_EXPORT const auth_module_t *auth_module(uint32_t host_generation, uint32_t host_size); \
    AUTH_EXPORT const auth_module_t *auth_module(uint32_t host_generation, uint32_t host_size) { \
        (void)host_generation; \
        (void)host_size; \
        return &auth_module_data_; \
    } \
    typedef int auth_module_needs_a_semicolon_

#endif
