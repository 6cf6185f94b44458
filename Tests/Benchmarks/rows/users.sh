# shellcheck shell=bash
# P9: a users file into ready rules, beside a libxml2 SAX pass that keeps nothing.

# Writes a users file of so many users: two permissions each, 100 groups; 50 MB for 200,000.
write_users() {
    awk -v users="$1" 'BEGIN {
        srand(7)
        print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<authhost-users version=\"1\">"
        for (g = 0; g < 100; g++) printf "  <group name=\"g%d\"/>\n", g
        for (u = 0; u < users; u++) {
            hash = ""
            for (part = 0; part < 6; part++) hash = hash sprintf("%08d", rand() * 100000000)
            printf "  <user name=\"user%d\" password=\"{SSHA256}%s\"", u, hash
            printf " groups=\"g%d\" max-sessions=\"%d\">\n", u % 100, 1 + u % 5
            printf "    <allow actions=\"write\" object=\"/FX/*/I%04d\"/>\n", u % 500
            printf "    <allow actions=\"read\" object=\"/EQ/P%04d/LAST\"/>\n  </user>\n", u % 1000
        }
        print "</authhost-users>"
    }'
}

# Instructions that a command executes, counted by valgrind.
instructions() {
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        sed -n 's/.*I *refs: *//p' | tr -d ,
}

users_rows() {
    local index
    # shellcheck disable=SC2046 # flags are words
    cc -O2 $here/peers/sax.c -o "$work/sax" $(pkg-config --cflags --libs libxml-2.0)
    write_users 200000 >"$work/users.xml"
    "$bin/authhost-micro" policy 1000 "$work/policy.xml"
    for ((index = 0; index < ROUNDS; index++)); do
        # CPU nanoseconds, kilobytes and users of both; kilobytes of the small file.
        echo "$(taskset -c $load_core "$work/sax" "$work/users.xml")" \
            "$(taskset -c $load_core "$bin/authhost-micro" read "$work/users.xml")" \
            "$("$bin/authhost-micro" read "$work/policy.xml")"
    done >"$work/users"
    command_line "taskset -c $load_core authhost-micro read $work/users.xml"
    command_line "taskset -c $load_core sax $work/users.xml"
    local bytes ours floor
    ours='$4' floor='$1'
    bytes=$(stat -c %s "$work/users.xml")
    row P9 "users file, 200,000 users, $((bytes / 1000000)) MB, into ready rules; beside a libxml2 SAX pass" \
        "$(median_of "$work/users" %.0f "$bytes * 1000 / $ours") MB/s ·\
 $(median_of "$work/users" %.0f "$bytes * 1000 / $floor") MB/s" \
        "$(spread_of "$floor / $ours" "$work/users")" "≥ 0.5"
    row P9 "the same, most memory resident, MB" "SAX pass: $(median_of "$work/users" %.1f '$2 / 1024') MB" \
        "$(spread_of '$5 / 1024' "$work/users")" "≤ 150"
    row P9 "10,000 users with 1,000 rules, most memory resident, MB" "" \
        "$(spread_of '$8 / 1024' "$work/users")" "≤ 30"
    count_instructions
}

count_instructions() {
    local what="20,000 users, instructions executed" floor ours
    if ! has valgrind; then
        skipped P9 "$what" "valgrind is missing (Debian package valgrind)"
        return
    fi
    write_users 20000 >"$work/fewer.xml"
    # valgrind 3.19 cannot read the debugging information of Swift's linker.
    strip -o "$work/authhost-micro" "$bin/authhost-micro"
    floor=$(instructions "$work/sax" "$work/fewer.xml")
    ours=$(instructions "$work/authhost-micro" read "$work/fewer.xml")
    command_line "valgrind --tool=cachegrind --cache-sim=no authhost-micro read $work/fewer.xml"
    row P9 "$what; beside the SAX pass" "$((ours / 1000000)) M · $((floor / 1000000)) M" \
        "$(awk -v a="$ours" -v b="$floor" 'BEGIN { printf "%.2f", a / b }')" –
}
