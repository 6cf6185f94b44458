# shellcheck shell=bash
# P11: log-ins over a cluster beside Redis' own benchmark of the same script, an ejection between hosts beside a publication and its
# answer, and what sessions take in the registry.

readonly cluster_key='{authhost:load}'

cluster_rows() {
    if ! has redis-server || ! has redis-benchmark; then
        skipped P11 "log-ins over a cluster" "redis-server or redis-benchmark is missing (redis-server, redis-tools)"
        return
    fi
    [[ -n ${redis:-} ]] || start_redis
    cc -O2 -o "$work/pubsub" $here/peers/pubsub.c
    cluster_rates
    cluster_ejections
    cluster_oldest
    cluster_memory
}

# Runs the registry's script: WORD...
registry() { redis-cli -s "$work/redis.sock" EVALSHA "$registry_digest" 1 "$cluster_key" "$@"; }

# Makes a member of an empty registry, as `member`: generation, epoch and link.
join_registry() {
    local reply
    redis-cli -s "$work/redis.sock" FLUSHALL >/dev/null
    registry_digest=$(redis-cli -s "$work/redis.sock" SCRIPT LOAD "$("$bin/authhost-micro" script)")
    mapfile -t reply < <(registry join - - 1 0 bench bench 2 -)
    [[ ${reply[0]} == OK ]] || { echo "bench: the registry answered ${reply[*]}" >&2; exit 1; }
    member=("${reply[1]}" "${reply[2]}" 1)
    registry live "${member[@]}" 1 1 >/dev/null
}

cluster_rates() {
    local index load ours
    join_registry
    load=(redis-benchmark -s "$work/redis.sock" -c 64 -n 100000 -r 1000000000 --csv EVALSHA "$registry_digest" 1 "$cluster_key"
        reserve "${member[@]}" __rand_int__ user:__rand_int__ bench 0 0 1 0 0 1)
    command_line "taskset -c $load_core ${load[*]}"
    command_line "taskset -c $load_core authhost-micro cluster $work/redis.sock $work/sessions.so"
    for ((index = 0; index < ROUNDS; index++)); do
        join_registry
        load[15]=${member[0]} load[16]=${member[1]}
        echo "$(taskset -c $load_core "${load[@]}" | awk -F '","' 'END { print $2 }')" \
            "$(taskset -c $load_core "$bin/authhost-micro" cluster "$work/redis.sock" "$work/sessions.so")"
    done >"$work/cluster-rates"
    # A log-in and its end are three scripts.
    row P11 "log-ins and ends over a cluster, 64 in flight, three scripts each: scripts; beside redis-benchmark, \`reserve\` alone" \
        "$(median_of "$work/cluster-rates" %.0f '3 * $2')/s, $(median_of "$work/cluster-rates" %.0f '$2') log-ins/s · $(
            median_of "$work/cluster-rates" %.0f '$1')/s" "$(spread_of '3 * $2 / $1' "$work/cluster-rates")" –
}

cluster_ejections() {
    local index
    command_line "taskset -c $load_core authhost-micro ejections $work/redis.sock $work/sessions.so"
    command_line "taskset -c $load_core pubsub $work/redis.sock 2000"
    for ((index = 0; index < ROUNDS; index++)); do
        echo "$(taskset -c $load_core "$work/pubsub" "$work/redis.sock" 2000)" \
            "$(taskset -c $load_core "$bin/authhost-micro" ejections "$work/redis.sock" "$work/sessions.so")"
    done >"$work/cluster-ejections"
    # Two scripts lie between; a log-in has a third, which reserves its place, and its module.
    row P11 "an ejection at another host, two scripts, p50; beside a publication and one back" \
        "$(median_of "$work/cluster-ejections" %.0f '$2 / 1000') µs · $(
            median_of "$work/cluster-ejections" %.0f '$1 / 1000') µs" "$(spread_of '$2 / $1' "$work/cluster-ejections")" "≤ 3"
    row P11 "a log-in that ejects at another host, three scripts, p50; beside the same" \
        "$(median_of "$work/cluster-ejections" %.0f '$3 / 1000') µs · $(
            median_of "$work/cluster-ejections" %.0f '$1 / 1000') µs" "$(spread_of '$3 / $1' "$work/cluster-ejections")" –
}

cluster_oldest() {
    row P11 "the 2,000 oldest sessions of all users, at two hosts, until each has ended its own" \
        "$(median_of "$work/cluster-ejections" %.1f '$4 / 1000000') ms" "$(
            spread_of '$4 / 1000000' "$work/cluster-ejections") ms" "≤ 1000"
}

used_memory() { redis-cli -s "$work/redis.sock" INFO memory | sed -n 's/^used_memory:\([0-9]*\).*/\1/p'; }

# Prints commands that register 1,000,000 sessions, 100 each, as the protocol has them: EACH of a user.
registrations() {
    awk -v each="$1" -v head="EVALSHA $registry_digest 1 $cluster_key register ${member[*]}" '
        function spelled(word) { return "$" length(word) "\r\n" word "\r\n" }
        BEGIN {
            count = split(head, words, " ")
            for (at = 1; at <= count; at++) start = start spelled(words[at])
            for (call = 0; call < 10000; call++) {
                text = "*" count + 500 "\r\n" start
                for (number = call * 100; number < call * 100 + 100; number++)
                    text = text spelled(sprintf("90000000000%08d", number)) spelled("user" int(number / each)) \
                        spelled("bench") spelled(sprintf("%.0f", 1700000000000000 + number)) spelled("")
                printf "%s", text
            }
        }'
}

cluster_memory() {
    local each before after loaded
    for each in 1 5; do
        join_registry
        before=$(used_memory)
        loaded=$(registrations $each | redis-cli -s "$work/redis.sock" --pipe | tail -1)
        [[ $loaded == "errors: 0, replies: 10000" ]] || { echo "bench: sessions were registered with $loaded" >&2; exit 1; }
        after=$(used_memory)
        row P11 "1,000,000 sessions in the registry, $each of each user" \
            "$(((after - before) / 1048576)) MiB, $(((after - before) / 1000000)) bytes each" – –
    done
}
