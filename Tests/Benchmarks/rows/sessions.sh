# shellcheck shell=bash
# P8: sessions held and admitted, beside a table in C and beside Redis with a script.

# Appends a session to its user's, and takes the oldest of more than three.
readonly admission_script="redis.call('RPUSH', KEYS[1], ARGV[1])
if redis.call('LLEN', KEYS[1]) > 3 then return redis.call('LPOP', KEYS[1]) end
return false"

session_rows() {
    micro $load_core sessions "$work/sessions.so" "$work/admissions-curve"
    $here/curve "Nanoseconds of a log-in over the sessions held" "sessions" "ns a log-in" "whole log-in" \
        <"$work/admissions-curve" >"$out/admissions-curve.svg"
    local what="log-ins over the native door, 10,000 users, one session each; beside Redis EVALSHA, 64 clients, a unix socket"
    if ! has_redis; then
        skipped P8 "$what" "redis-server or redis-benchmark is missing (Debian packages redis-server, redis-tools)"
        return
    fi
    start_redis
    start_admitting
    beside_redis "$what"
}

has_redis() { has redis-server && has redis-benchmark; }

# Starts a Redis that keeps nothing on disk, once, as the process `redis`.
start_redis() {
    [[ -z ${redis:-} ]] || return 0
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

# Starts a host whose users have one session each, and whose log-in ends the one before, as the process `admitting`.
start_admitting() {
    [[ -x $work/nativeload ]] || cc -O2 -o "$work/nativeload" $here/peers/nativeload.c
    printf '%s\n' "auth-module $work/sessions.so" "auth-eject-users TRUE" "http-listen none" "add-door" "type native" \
        "socket $work/admit.sock" "end-door" >"$work/admit.conf"
    local serve=("$bin/authhost" serve --config "$work/admit.conf")
    command_line "taskset -c $server_core ${serve[*]}"
    taskset -c $server_core "${serve[@]}" 2>"$work/admit.log" &
    admitting=$!
    servers+=("$admitting")
    await_socket "$work/admit.sock"
}

# One round of each: operations a second, and microseconds of the server's CPU for each.
redis_round() {
    local before count=100000 rate
    local load=(redis-benchmark -s "$work/redis.sock" -c 64 -n $count -r 10000 --csv
        EVALSHA "$1" 1 user:__rand_int__ __rand_int__)
    before=$(cpu_of "$redis")
    rate=$(taskset -c $load_core "${load[@]}" | awk -F '","' 'END { print $2 }')
    awk -v rate="$rate" -v cpu=$(($(cpu_of "$redis") - before)) 'BEGIN { printf "%s %.3f\n", rate, cpu / '$count' / 1000 }'
}

admit_round() {
    local before
    before=$(cpu_of "$admitting")
    taskset -c $load_core "$work/nativeload" login "$work/admit.sock" 64 "$seconds" >"$work/admit.out"
    awk -v cpu=$(($(cpu_of "$admitting") - before)) '{ printf "%s %.3f\n", $1, cpu / $5 / 1000 }' "$work/admit.out"
}

beside_redis() {
    local digest index a b
    digest=$(redis-cli -s "$work/redis.sock" SCRIPT LOAD "$admission_script")
    command_line "taskset -c $load_core redis-benchmark -s REDIS -c 64 -n 100000 -r 10000 --csv EVALSHA $digest 1 user:__rand_int__ __rand_int__"
    command_line "taskset -c $load_core nativeload login SOCKET 64 $seconds"
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(redis_round "$digest")
        b=$(admit_round)
        # The same log-ins without a door: log-ins a second, CPU nanoseconds of each.
        echo "$a $b $(taskset -c $load_core "$bin/authhost-micro" admit "$work/sessions.so")"
    done >"$work/admissions"
    row P8 "$1" "$(median_of "$work/admissions" %.0f '$3')/s · $(median_of "$work/admissions" %.0f '$1')/s" \
        "$(spread_of '$3 / $1' "$work/admissions")" "≥ 3"
    row P8 "the same, CPU of the server for each" \
        "$(median_of "$work/admissions" %.1f '$4') µs · $(median_of "$work/admissions" %.1f '$2') µs" \
        "$(spread_of '$4 / $2' "$work/admissions")" –
    row P8 "the same log-ins without a door in front; beside Redis" \
        "$(median_of "$work/admissions" %.0f '$5')/s, $(median_of "$work/admissions" %.1f '$6 / 1000') µs CPU ·\
 $(median_of "$work/admissions" %.0f '$1')/s" "$(spread_of '$5 / $1' "$work/admissions")" –
}
