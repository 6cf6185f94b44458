// The same module as users-c, in C++17: users from a CSV file, a delayed answer, a mapping, and a group. The functions lie in a
// namespace; none of them may let an exception out.
//
//     c++ -std=c++17 -shared -fPIC $(pkg-config --cflags authhost) users.cpp -o libusers.so -lpthread
#include <authhost/authmodule.h>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <string_view>
#include <thread>

namespace users {
std::string_view view(auth_string_t string) { return {string.data, string.length}; }
// INVARIANT: the text outlives the string.
auth_string_t lend(std::string_view text) { return {text.data(), text.size()}; }

int look_up(const char *path, const std::string &user, const std::string &password, std::string &group) {
    std::ifstream file(path);
    if (!file) return AUTH_ERROR;
    // Each line has three fields with something in each; others are passed over.
    const std::regex fields("([^,]+),([^,]+),([^,\\r]+)\r?");
    std::smatch field;
    for (std::string line; std::getline(file, line);) {
        if (!std::regex_match(line, field, fields) || field[1] != user) continue;
        group = field[3];
        return field[2] == password ? AUTH_OK : AUTH_INVALID_PASS;
    }
    return AUTH_INVALID_USER;
}

void answer(const auth_host_t *host, auth_token_t token, std::string user, std::string password) try {
    std::string group;
    const int status = look_up(host->option(host, "file", 0), user, password, group);
    const auth_pair_t pair = {sizeof pair, 0, AUTH_LITERAL("group"), lend(group)};
    const auth_pair_t *pairs[] = {&pair};
    auth_result_t result = {};
    result.size = sizeof result;
    result.user = lend(user); // who was authenticated: a yes takes this and AUTH_OK
    result.session_data = group == "writers"; // comes back with every check
    result.attributes = pairs, result.attribute_count = 1;
    host->complete(host, token, status, &result);
    std::fill(password.begin(), password.end(), '\0');
} catch (const std::exception &) {
    host->complete(host, token, AUTH_ERROR, nullptr);
}

int init(const auth_host_t *host, void **instance) {
    *instance = const_cast<auth_host_t *>(host);
    return AUTH_OK;
}

int new_user(void *instance, const auth_login_t *login, auth_result_t *result) try {
    std::thread(answer, static_cast<const auth_host_t *>(instance), login->token, std::string(view(login->user)),
                std::string(view(login->password))).detach();
    return AUTH_DELAYED;
} catch (const std::exception &) {
    result->reason_log = AUTH_LITERAL("there is no thread or memory to look the user up");
    return AUTH_ERROR;
}

int map(void *, const auth_mapping_t *mapping, auth_result_t *result) {
    if (view(mapping->name).substr(0, 4) != "/me/") return AUTH_FALSE;
    const int length =
        std::snprintf(result->scratch, result->scratch_size, "/users/%s%s", mapping->user.data, mapping->name.data + 3);
    result->mapped = lend({result->scratch, static_cast<std::size_t>(length)});
    return length < static_cast<int>(result->scratch_size) ? AUTH_OK : AUTH_ERROR;
}

int check_write(void *, const auth_check_t *check, auth_result_t *result) {
    if (check->session_data) return AUTH_OK;
    result->reason_log = AUTH_LITERAL("only writers write");
    return AUTH_DENY;
}

#define ENTRIES(E) E(auth_init, 9, init) E(auth_new_user, 9, new_user) E(auth_map_object, 9, map) E(auth_check_write, 9, check_write)
#define OPTIONS(O) O("file", AUTH_OPTION_PATH, AUTH_REQUIRED, R"(The CSV file: name,password,group.)")
AUTH_MODULE("users", "1.0", 9, AUTH_ANY_THREAD | AUTH_OPEN_READS, ENTRIES, OPTIONS);
} // namespace users
