// The descriptor that a module exports, and the macros that write it.
//
// A module lists its entry points and options once, as two macros, and AUTH_MODULE writes everything else: the table, the
// signatures, the exported function, and an ELF note with the same facts, so that they can be read without running code.
//
//     #define ENTRIES(ENTRY) ENTRY(auth_init, 9, my_init) ENTRY(auth_new_user, 9, my_new_user)
//     #define OPTIONS(OPTION) OPTION("greeting", AUTH_OPTION_STRING, "hello", "What to say to a new user.")
//     AUTH_MODULE("minimal", "1.0", 9, AUTH_SERIAL, ENTRIES, OPTIONS)
//
// An entry is (name, version, function), or in generation 9 (name, version, function, threads) where the entry differs from its
// module: ENTRY(auth_new_user, 9, my_new_user, AUTH_BLOCKING) in a module that is AUTH_ANY_THREAD. The function's type is
// checked by the compiler: a wrong one does not build. In C++ the functions stand before AUTH_MODULE, and may lie in a
// namespace or a class, as AUTH_MODULE itself may in a namespace.
//
// An option of generation 9 that must be set has AUTH_REQUIRED for its default; in generations 6 and 7 NULL.
#ifndef AUTHHOST_DESCRIPTOR_H
#define AUTHHOST_DESCRIPTOR_H

#include "status.h"
#include "types.h"

#define AUTH_DRAFT 7

#define AUTH_MAGIC 0x4d415554u // "TUAM" in memory on a little-endian machine

// Threads that a generation 9 module can stand; see entries9.h. Generations 6 and 7 are serial whatever they say.
#define AUTH_SERIAL 0u
#define AUTH_ANY_THREAD 1u
#define AUTH_BLOCKING 2u

// What a generation 9 module declares beside its threads: AUTH_ANY_THREAD | AUTH_OPEN_READS. Others are refused.
#define AUTH_OPEN_READS 0x100u // everybody may read everything: there is no auth_check_read, or it allows all that it is asked (a
                               // class of the kit, OpenReads); without the flag and without the entry no user may read anything
#define AUTH_NAMES_USER 0x200u // result->user of a log-in may be another user than the one who was typed: that one counts, and
                               // doors that have no place for its name (saslauthd, rabbitmq) let no user in as another
#define AUTH_READS_ATTRIBUTES 0x400u // log-ins, mappings and checks come with attributes (attributes.h); without it none are made

// Types of options. The host validates values and defaults before auth_init and expands %r and %a in paths.
#define AUTH_OPTION_STRING 1
#define AUTH_OPTION_BOOLEAN 2  // given to the module as "TRUE" or "FALSE"
#define AUTH_OPTION_INTEGER 3  // given in its shortest form: "7" for "+07"
#define AUTH_OPTION_DECIMAL 4
#define AUTH_OPTION_PATH 5
#define AUTH_OPTION_SECRET 6   // a string that is never shown
#define AUTH_OPTION_LIST 7     // strings, by index
#define AUTH_OPTION_DURATION 8 // "500ms", "30s", "5m", "2h", "1d", or seconds; given as whole milliseconds: "300000"

// The default of an option that has none and must be set.
#define AUTH_REQUIRED "\030"

typedef void (*auth_function_t)(void);

// Letters of signatures: i int, u unsigned, q 64-bit unsigned, z size_t, p pointer, v nothing; and of generation 9 T the host's
// table, s a C string, L auth_login_t, M auth_mapping_t, C auth_check_t, c an array of their addresses, R auth_result_t,
// r an array of their addresses, E auth_end_t, X auth_cancel_t, F auth_reload_t, H auth_http_t, D auth_destination_t,
// O auth_completed_t, N auth_continue_t, W auth_permissions_t.
typedef struct auth_entry {
    const char *name;      // of the entry point, such as "auth_new_user"
    uint32_t version;      // 6, 7 or 9
    uint32_t reserved;     // 0
    const char *signature; // the result, and a letter for each parameter: "i(pLR)"
    auth_function_t function;
    uint32_t threads;      // generation 9: AUTH_ANY_THREAD or AUTH_BLOCKING where the entry differs from its module, else 0
    uint32_t reserved2;    // 0
} auth_entry_t;

typedef struct auth_option {
    const char *name;
    uint32_t type;             // AUTH_OPTION_*
    uint32_t reserved;         // 0
    const char *default_value; // NULL or AUTH_REQUIRED: the option must be set. "": none
    const char *help;          // one sentence
} auth_option_t;

typedef struct auth_module {
    uint32_t magic;        // AUTH_MAGIC
    uint32_t size;         // of this record
    uint32_t generation;   // 6, 7 or 9: what the host must speak at least
    uint32_t draft;        // AUTH_DRAFT for generation 9, else 0
    uint32_t threads;      // AUTH_SERIAL, AUTH_ANY_THREAD or AUTH_BLOCKING; in generation 9 with what it declares besides
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

// Rows have three or four arguments; a row of three is as its module. In generations 6 and 7 they have three. More do not build.
#define AUTH_ARGUMENTS_(...) AUTH_ARGUMENTS_8_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, ~)
#define AUTH_ARGUMENTS_8_(a, b, c, d, e, f, g, h, count, ...) count
#define AUTH_AN_ENTRY_HAS_THREE_OR_FOUR_ARGUMENTS_(count) (sizeof(char[(count) == 3 || (count) == 4 ? 1 : -1]) - 1)
#define AUTH_AN_ENTRY_NAMES_NO_AUTH_SERIAL_(count, threads) (sizeof(char[(count) == 3 || (threads) != AUTH_SERIAL ? 1 : -1]) - 1)
#define AUTH_DECLARE_ROW_(...) AUTH_DECLARE_ROW_4_(__VA_ARGS__, 0, ~)
#define AUTH_ENTRY_ROW_(...) AUTH_ENTRY_ROW_4_(AUTH_ARGUMENTS_(__VA_ARGS__), __VA_ARGS__, 0, ~)
#define AUTH_ENTRY_ROW_4_(count, entry, version, fn, threads, ...) \
    {#entry, version, 0, AUTH_SIGNATURE_##entry##_##version, AUTH_FUNCTION_(entry##_##version##_fn, fn), threads, \
     AUTH_AN_ENTRY_HAS_THREE_OR_FOUR_ARGUMENTS_(count) + AUTH_AN_ENTRY_NAMES_NO_AUTH_SERIAL_(count, threads)},
#ifdef __cplusplus
#define AUTH_DECLARE_ROW_4_(entry, version, fn, threads, ...)
#define AUTH_FUNCTION_(type, fn) reinterpret_cast<auth_function_t>(static_cast<type *>(fn))
#else
#define AUTH_DECLARE_ROW_4_(entry, version, fn, threads, ...) entry##_##version##_fn fn;
#define AUTH_FUNCTION_(type, fn) (auth_function_t)(fn)
#endif
#define AUTH_OPTION_ROW_(option, type, value, help) {option, type, 0, value, help},

// THE NOTE: owner "authhost", type 1, and a text, so that what a module is can be read without running code.
//
// The text of generation 9 is records. A record is the byte 0x1e, then its fields with a byte 0x1f between; the first is
// what it says. A text is the literal's own bytes, in which these two bytes and NUL cannot be; a number is one of C's, decimal,
// octal or hexadecimal, or several with `|` between. A reader passes over records, and fields at the end, that it does not know:
//     module NAME   version TEXT   generation NUMBER   draft NUMBER   threads NUMBER
//     entry NAME NUMBER SIGNATURE NUMBER   the version and the threads
//     option NAME NUMBER TEXT TEXT         the type, the default (AUTH_REQUIRED: none), the help
// Of generations 6 and 7 it is lines of text, each a word and what it says; the default of an option is C's own spelling.
#define AUTH_NOTE_TYPE 1u
#define AUTH_BUILT_TYPE 2u // a note that authmodule.h leaves: the generation, "6", "7" or "9"
#define AUTH_PROFILE_TYPE 3u // a note that AUTH_PROFILE leaves
#define AUTH_NOTE_(text) AUTH_NOTE_OF_TYPE_(auth_note_, AUTH_NOTE_TYPE, text)
#define AUTH_NOTE_OF_TYPE_(variable, type_, text) \
    struct variable { \
        uint32_t name_size, text_size, type; \
        char name[12]; \
        char content[(sizeof(text) + 3) / 4 * 4]; \
    }; \
    __attribute__((section(".note.authhost"), used, aligned(4))) static const struct variable variable = { \
        9, sizeof(text), type_, "authhost", text};

// Declares what the module needs in a helper process, where the host is told to run it in one: "pure" to compute, to read files
// and to start threads; "network" to connect to others as well; "none" for system calls without a filter.
//     AUTH_PROFILE("pure");
#define AUTH_PROFILE(profile) \
    AUTH_NOTE_OF_TYPE_(auth_profile_note_, AUTH_PROFILE_TYPE, profile) \
    typedef int auth_profile_needs_a_semicolon_

#if defined(AUTH_GENERATION) && AUTH_GENERATION < 9
#define AUTH_ENTRY_NOTE_(entry, version, fn) "entry " #entry " " #version " " AUTH_SIGNATURE_##entry##_##version "\n"
#define AUTH_OPTION_NOTE_(option, type, value, help) \
    "option " option "\t" AUTH_TEXT(type) "\t" AUTH_NOTE_VALUE_(value) "\t" help "\n"
#define AUTH_NOTE_VALUE_(value) #value
#define AUTH_IDENTITY_NOTE_(module_name, module_version, generation, threads) \
    "module " module_name "\n" "version " module_version "\n" "generation " AUTH_TEXT(generation) "\n" \
    "draft " AUTH_TEXT(AUTH_DRAFT) "\n" "threads " AUTH_TEXT(threads) "\n"
#else
#define AUTH_ENTRY_NOTE_(...) AUTH_ENTRY_NOTE_4_(__VA_ARGS__, 0, ~)
#define AUTH_ENTRY_NOTE_4_(entry, version, fn, threads, ...) \
    "\036" "entry" "\037" #entry "\037" AUTH_TEXT(version) "\037" AUTH_SIGNATURE_##entry##_##version "\037" AUTH_TEXT(threads)
#define AUTH_OPTION_NOTE_(option, type, value, help) \
    "\036" "option" "\037" option "\037" AUTH_TEXT(type) "\037" value "\037" help
#define AUTH_IDENTITY_NOTE_(module_name, module_version, generation, threads) \
    "\036" "module" "\037" module_name "\036" "version" "\037" module_version \
    "\036" "generation" "\037" AUTH_TEXT(generation) "\036" "draft" "\037" AUTH_TEXT(AUTH_DRAFT) \
    "\036" "threads" "\037" AUTH_TEXT(threads)
#endif

#define AUTH_MODULE(module_name, module_version, generation, threads, ENTRIES, OPTIONS) \
    ENTRIES(AUTH_DECLARE_ROW_) \
    AUTH_MODULE_DATA_(module_name, module_version, generation, threads, ENTRIES, OPTIONS)

#define AUTH_MODULE_DATA_(module_name, module_version, generation, threads, ENTRIES, OPTIONS) \
    AUTH_NOTE_(AUTH_IDENTITY_NOTE_(module_name, module_version, generation, threads) \
               ENTRIES(AUTH_ENTRY_NOTE_) OPTIONS(AUTH_OPTION_NOTE_)) \
    typedef char auth_define_AUTH_GENERATION_as_6_or_7_before_the_headers_of_a_module_of_these_generations_alone_[ \
        ((generation) == 6 || (generation) == 7) == (AUTH_OK == 1) ? 1 : -1]; \
    static const auth_entry_t auth_entries_[] = {ENTRIES(AUTH_ENTRY_ROW_)}; \
    static const auth_option_t auth_options_[] = {OPTIONS(AUTH_OPTION_ROW_) {NULL, 0, 0, NULL, NULL}}; \
    static const auth_module_t auth_module_data_ = { \
        AUTH_MAGIC, sizeof(auth_module_t), generation, AUTH_DRAFT_OF(generation), (threads), \
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
