// Good: gives back the attributes that it is told, with one of its own; `many`, `unnamed`, `control`, `nul` and `reserved` break a bound.
// Expected: they come in and go out, and what breaks a bound denies.
#include "fixture.h"

static const auth_pair_t group = {sizeof group, 0, AUTH_STATIC_LITERAL("group"), AUTH_STATIC_LITERAL("traders")};
static const auth_pair_t unnamed = {sizeof unnamed, 0, {"", 0}, {"x", 1}};
static const auth_pair_t control = {sizeof control, 0, {"a", 1}, {"x\ny", 3}};
static const auth_pair_t nul = {sizeof nul, 0, {"a", 1}, {"x\0y", 3}};
static const auth_pair_t reserved = {sizeof reserved, 7, {"a", 1}, {"x", 1}};
static const auth_pair_t *rows[65];

static int answer_with(const auth_pair_t *const *given, size_t count, const auth_pair_t *own, auth_result_t *result) {
    size_t i;
    for (i = 0; i < count && i < 64; i++) rows[i] = given[i];
    rows[i] = own;
    result->attributes = rows;
    result->attribute_count = i + 1;
    return AUTH_OK;
}
static int user(void *instance, const auth_login_t *login, auth_result_t *result) {
    names(login, result);
    const auth_pair_t *own = is(login->user, "unnamed") ? &unnamed : is(login->user, "control") ? &control
        : is(login->user, "nul") ? &nul
        : is(login->user, "reserved") ? &reserved : &group;
    answer_with(login->attributes, login->attribute_count, own, result);
    if (is(login->user, "many")) result->attribute_count = 65;
    if (is(login->user, "member")) result->reserved = 1;
    return AUTH_OK;
}
static int check(void *instance, const auth_check_t *check, auth_result_t *result) {
    return answer_with(check->attributes, check->attribute_count, &group, result);
}
#define ENTRIES(ENTRY) \
    ENTRY(auth_init, 9, init9) ENTRY(auth_new_user, 9, user) ENTRY(auth_check_read, 9, check)
#ifndef DECLARED
#define DECLARED AUTH_READS_ATTRIBUTES
#endif
FIXTURE("attributes", AUTH_SERIAL | DECLARED, ENTRIES);
