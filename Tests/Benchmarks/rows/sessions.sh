# shellcheck shell=bash
# P8: sessions held and admitted, beside a table in C and beside Redis with a script.

# Appends a session to its user's, and takes the oldest of more than three.
readonly admission_script="redis.call('RPUSH', KEYS[1], ARGV[1])
if redis.call('LLEN', KEYS[1]) > 3 then return redis.call('LPOP', KEYS[1]) end
return false"

session_rows() {
    micro $load_core sessions "$work/sessions.so"
    local what="whole log-ins in process, 10,000 users; beside Redis EVALSHA, 64 clients over a unix socket"
    if ! has redis-server || ! has redis-benchmark; then
        skipped P8 "$what" "redis-server or redis-benchmark is missing (Debian packages redis-server, redis-tools)"
        return
    fi
    beside_redis "$what"
}

start_redis() {
    taskset -c $server_core redis-server --port 0 --unixsocket "$work/redis.sock" --save '' --appendonly no \
        --dir "$work" >"$work/redis.log" &
    redis=$!
    servers+=("$redis")
    local attempt
    for attempt in $(seq 1 100); do
        if redis-cli -s "$work/redis.sock" PING >/dev/null 2>&1; then return; fi
        read -r -t 0.05 <> <(:) || true
    done
    echo "bench: redis-server does not answer" >&2
    exit 1
}

beside_redis() {
    start_redis
    local digest index before after count=100000 rate
    digest=$(redis-cli -s "$work/redis.sock" SCRIPT LOAD "$admission_script")
    local load=(redis-benchmark -s "$work/redis.sock" -c 64 -n "$count" -r 10000 --csv
        EVALSHA "$digest" 1 user:__rand_int__ __rand_int__)
    command_line "taskset -c $load_core ${load[*]}"
    for ((index = 0; index < ROUNDS; index++)); do
        before=$(cpu_of "$redis")
        rate=$(taskset -c $load_core "${load[@]}" | awk -F '","' 'END { print $2 }')
        after=$(cpu_of "$redis")
        # Both: log-ins a second, CPU nanoseconds of each.
        echo "$rate $(((after - before) / count))" \
            "$(taskset -c $load_core "$bin/authhost-micro" admit "$work/sessions.so")"
    done >"$work/admissions"
    # What is to be reached, three times Redis, is about log-ins over the native door.
    row P8 "$1 (authhost without a door in front)" \
        "$(median_of "$work/admissions" %.0f '$3')/s · $(median_of "$work/admissions" %.0f '$1')/s" \
        "$(spread_of '$3 / $1' "$work/admissions")" –
    row P8 "the same, CPU of the server for each" \
        "$(median_of "$work/admissions" %.1f '$4 / 1000') µs · $(median_of "$work/admissions" %.1f '$2 / 1000') µs" \
        "$(spread_of '$4 / $2' "$work/admissions")" –
}
