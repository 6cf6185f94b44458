#define _GNU_SOURCE
#include "wire.h"
#include "ring.h"
#include "wire_layout.h"

#include <string.h>

// MARK: shapes

static const char *const host_shapes[WIRE_HOST_COUNT] = {
    [WIRE_HOST_LOG] = "qt", [WIRE_HOST_OPTION] = "tq", [WIRE_HOST_COMPLETE] = "qqR", [WIRE_HOST_PENDING] = "q",
    [WIRE_HOST_EVENT] = "qttqq", [WIRE_HOST_EJECT] = "tqtt", [WIRE_HOST_INVALIDATE] = "qtq",
    [WIRE_HOST_ATTRIBUTE] = "qqBq", [WIRE_HOST_SIGNATURE] = "tttBq", [WIRE_HOST_VALUE] = "ttBq",
    [WIRE_HOST_CREDENTIAL] = "ttR", [WIRE_HOST_COMPLETED] = "tqq", [WIRE_HOST_EJECT_SESSION] = "q",
    [WIRE_HOST_TRUSTS] = "q", [WIRE_HOST_RULES] = "qt",
};
const char *wire_host_shape(uint32_t number) { return number < WIRE_HOST_COUNT ? host_shapes[number] : NULL; }

// The parameters of generations 6 and 7, whose signatures call every address `p` (entries6.h, entries7.h).
static const struct {
    const char *name, *six, *seven;
} old_shapes[] = {
    {"auth_init", "T", "T"},
    {"auth_exit", "", ""},
    {"auth_new_user", "qtt", "qtt"},
    {"auth_free_user", "q", "q"},
    {"auth_map_object", "qtbn", "qttbn"},
    {"auth_new_object", "oo", "oo"},
    {"auth_free_object", "o", "o"},
    {"auth_request_object", "qo", "qo"},
    {"auth_discard_object", "qo", "qo"},
    {"auth_check_read", "qo", "qot"},
    {"auth_check_write", "qo", "qot"},
    {"checkWrite", "qo", "qot"},
    {"auth_check_write_extended", "qoqft", "qotqft"},
    {"auth_check_update", "qot", "qot"},
    {"auth_global_permission_update", "otqfq", "otqfq"},
    {"auth_http_request", "ttqt", "ttqt"},
};

bool wire_entry_shape(const char *name, uint32_t version, const char *signature, char shape[WIRE_SHAPE_SIZE]) {
    size_t length = strlen(signature);
    if (length < 3 || length - 3 >= WIRE_SHAPE_SIZE || length - 3 > WIRE_PARAMETERS) return false;
    if (version < 9) {
        for (size_t i = 0; i < sizeof old_shapes / sizeof *old_shapes; i++) {
            if (strcmp(old_shapes[i].name, name) != 0) continue;
            strcpy(shape, version == 6 ? old_shapes[i].six : old_shapes[i].seven);
            return true;
        }
        return false;
    }
    // An address that comes back, or a function of the host's in a record, means nothing in another process.
    if (signature[0] == 'p' || strpbrk(signature, "WN")) return false;
    for (size_t i = 0; i < length - 3; i++) {
        char letter = signature[2 + i];
        shape[i] = letter == 'p' ? 'I' : letter == 's' ? 't' : letter;
    }
    shape[length - 3] = 0;
    return true;
}

// The same two members stand at other places in a destination.
typedef struct {
    uint32_t size, word;
    uint64_t session, token;
    int64_t deadline;
} asked;
_Static_assert(offsetof(asked, session) == offsetof(auth_login_t, session) &&
                   offsetof(asked, session) == offsetof(auth_mapping_t, session) &&
                   offsetof(asked, session) == offsetof(auth_check_t, session) &&
                   offsetof(asked, session) == offsetof(auth_end_t, session) &&
                   offsetof(asked, session) == offsetof(auth_http_t, session),
               "the session stands at one place in all records");
_Static_assert(offsetof(asked, deadline) == offsetof(auth_login_t, deadline) &&
                   offsetof(asked, deadline) == offsetof(auth_mapping_t, deadline) &&
                   offsetof(asked, deadline) == offsetof(auth_check_t, deadline) &&
                   offsetof(asked, deadline) == offsetof(auth_http_t, deadline),
               "the deadline stands at one place in the records of questions");

static const asked *asked_record(const char *shape, const uint64_t *slots) {
    for (size_t i = 0; shape[i]; i++) {
        if (strchr("LMCHE", shape[i])) return (const asked *)(uintptr_t)slots[i];
        if (shape[i] == 'c') return slots[i + 1] ? *(const asked *const *)(uintptr_t)slots[i] : NULL;
    }
    return NULL;
}

uint64_t wire_session(const char *shape, const uint64_t *slots) {
    if (shape[0] == 'q') return slots[0];
    const asked *record = asked_record(shape, slots);
    return record ? record->session : 0;
}

int64_t wire_deadline(const char *shape, const uint64_t *slots) {
    const asked *record = asked_record(shape, slots);
    if (record) return strchr(shape, 'E') ? 0 : record->deadline;
    for (size_t i = 0; shape[i]; i++) {
        if (shape[i] == 'D') return ((const auth_destination_t *)(uintptr_t)slots[i])->deadline;
    }
    return 0;
}

// MARK: records


#define TEXT_OF(record, name) {TEXT, offsetof(record, name), RING_LONGEST}
#define CUT_TEXT(name, longest) {TEXT, offsetof(auth_result_t, name), longest}
#define PAIRS_OF(record, name) {PAIRS, offsetof(record, name), 0}
#define LAST {TEXT, WIRE_LAST_MEMBER, 0}
_Static_assert(offsetof(auth_check_t, field_count) == offsetof(auth_check_t, fields) + 8 &&
                   offsetof(auth_check_t, attribute_count) == offsetof(auth_check_t, attributes) + 8 &&
                   offsetof(auth_mapping_t, attribute_count) == offsetof(auth_mapping_t, attributes) + 8 &&
                   offsetof(auth_login_t, attribute_count) == offsetof(auth_login_t, attributes) + 8 &&
                   offsetof(auth_result_t, attribute_count) == offsetof(auth_result_t, attributes) + 8,
               "the number of pairs stands behind their address");

static const wire_member login_members[] = {
    TEXT_OF(auth_login_t, user), TEXT_OF(auth_login_t, password), TEXT_OF(auth_login_t, address),
    TEXT_OF(auth_login_t, application_id), TEXT_OF(auth_login_t, machine_id), TEXT_OF(auth_login_t, door),
    PAIRS_OF(auth_login_t, attributes), LAST};
static const wire_member mapping_members[] = {
    TEXT_OF(auth_mapping_t, user), TEXT_OF(auth_mapping_t, requested), TEXT_OF(auth_mapping_t, name),
    PAIRS_OF(auth_mapping_t, attributes), LAST};
static const wire_member check_members[] = {
    TEXT_OF(auth_check_t, user), TEXT_OF(auth_check_t, requested), {OBJECT, offsetof(auth_check_t, object), 0},
    PAIRS_OF(auth_check_t, fields), TEXT_OF(auth_check_t, contribution_id), PAIRS_OF(auth_check_t, attributes), LAST};
static const wire_member object_members[] = {TEXT_OF(auth_object_t, name), LAST};
static const wire_member end_members[] = {TEXT_OF(auth_end_t, user), LAST};
static const wire_member no_members[] = {LAST};
static const wire_member http_members[] = {
    TEXT_OF(auth_http_t, user), TEXT_OF(auth_http_t, password), TEXT_OF(auth_http_t, path), LAST};
static const wire_member destination_members[] = {
    TEXT_OF(auth_destination_t, destination), TEXT_OF(auth_destination_t, address),
    TEXT_OF(auth_destination_t, challenge), LAST};
static const wire_member completed_members[] = {
    TEXT_OF(auth_completed_t, destination), TEXT_OF(auth_completed_t, address), LAST};
static const wire_member pair_members[] = {
    {TEXT, offsetof(auth_pair_t, name), 8192}, {TEXT, offsetof(auth_pair_t, value), 8192}, LAST};
// As many bytes as are kept, and of what must not be longer than that one more.
static const wire_member result_members[] = {
    CUT_TEXT(reason_log, 1024), CUT_TEXT(reason_client, 256), CUT_TEXT(user, 257), CUT_TEXT(mapped, 4097),
    CUT_TEXT(explanation, 65536), CUT_TEXT(secret, 65537), PAIRS_OF(auth_result_t, attributes),
    CUT_TEXT(challenge, 1), CUT_TEXT(cursor, 1), {HIDDEN, offsetof(auth_result_t, scratch), 0}, LAST};

const wire_layout wire_pair = {sizeof(auth_pair_t), pair_members};
const wire_layout wire_object = {sizeof(auth_object_t), object_members};
const wire_layout wire_check = {sizeof(auth_check_t), check_members};
const wire_layout wire_result = {sizeof(auth_result_t), result_members};

wire_layout wire_layout_of(char letter) {
    switch (letter) {
    case 'L': return (wire_layout){sizeof(auth_login_t), login_members};
    case 'M': return (wire_layout){sizeof(auth_mapping_t), mapping_members};
    case 'C': return wire_check;
    case 'E': return (wire_layout){sizeof(auth_end_t), end_members};
    case 'X': return (wire_layout){sizeof(auth_cancel_t), no_members};
    case 'F': return (wire_layout){sizeof(auth_reload_t), no_members};
    case 'H': return (wire_layout){sizeof(auth_http_t), http_members};
    case 'D': return (wire_layout){sizeof(auth_destination_t), destination_members};
    case 'O': return (wire_layout){sizeof(auth_completed_t), completed_members};
    default: return (wire_layout){0, no_members};
    }
}
