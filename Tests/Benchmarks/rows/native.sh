# shellcheck shell=bash
# P5 and P5b, the native door beside an echo in C and beside Redis, over a unix socket each, asked by the same clients.

# Checks a second at which percentiles are taken.
readonly paces="5000 20000 50000 100000"

start_native() {
    cc -O2 -o "$work/nativeload" $here/peers/nativeload.c
    cc -O2 -o "$work/echo" $here/peers/echo.c
    start_doors native "$PWD/Plugins/xmlauth/users.xml" <<<"add-door
type native
socket $work/native.sock
end-door"
    native=$started
    taskset -c $server_core "$work/echo" "$work/echo.sock" &
    echoes=$!
    servers+=("$echoes")
    await_socket "$work/native.sock"
    await_socket "$work/echo.sock"
}

# One round: answers a second, the 50th and 99th percentile of a frame, and microseconds of the server's CPU for each answer.
native_round() {
    local pid=$1 core=$2 before after
    shift 2
    before=$(cpu_of "$pid")
    taskset -c "$core" "$work/nativeload" "$@" >"$work/native.out"
    after=$(cpu_of "$pid")
    awk -v cpu=$((after - before)) '{ printf "%s %s %s %.3f\n", $1, $2, $3, cpu / $5 / 1000 }' "$work/native.out"
}

# A row beside another server: what, reach, connections, in flight, batch, process, and the question and the place of the other.
native_rate() {
    local index a b
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(native_round "$6" $load_core "$7" "$8" "$3" "$4" "$seconds")
        b=$(native_round "$native" $load_core ask "$work/native.sock" "$3" "$4" "$5" "$seconds")
        echo "$a $b"
    done >"$work/rates"
    command_line "taskset -c $load_core nativeload ask SOCKET $3 $4 $5 $seconds"
    row P5 "$1" "$(median_of "$work/rates" %.0f '$5')/s, $(median_of "$work/rates" %.2f '$8') µs CPU · $(median_of \
        "$work/rates" %.0f '$1')/s, $(median_of "$work/rates" %.2f '$4') µs CPU" "$(spread_of '$5 / $1' "$work/rates")" "$2"
}

native_rates() {
    local echo=("$echoes" ping "$work/echo.sock") many="8 connections, 64 in flight"
    native_rate "native door, 64 connections, 1 in flight; beside an echo of 64 bytes in C" "≥ 0.7" 64 1 1 "${echo[@]}"
    native_rate "$many; beside the echo" "≥ 0.25" 8 64 1 "${echo[@]}"
    native_rate "checks in batches of 64, 8 connections, 8 in flight; beside the echo's frames" – 8 8 64 "${echo[@]}"
    row P5 "the same, decisions a second" "" "$(spread_of '$5 / 1000000' "$work/rates") M/s" "≥ 4"
    if ! has_redis; then
        skipped P5 "native door beside Redis GET, the same clients" "redis-server is missing (Debian package redis-server)"
        return
    fi
    start_redis
    "$work/nativeload" fill "$work/redis.sock"
    local redis=("$redis" get "$work/redis.sock")
    native_rate "64 connections, 1 in flight; beside Redis GET, the same clients" "≥ 1" 64 1 1 "${redis[@]}"
    native_rate "$many; beside Redis GET" "≥ 2" 8 64 1 "${redis[@]}"
}

# Both ends on one core: a wake-up across cores costs more than either of them.
native_latency() {
    local index a b
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(native_round "$echoes" $server_core ping "$work/echo.sock" 1 1 "$seconds")
        b=$(native_round "$native" $server_core ask "$work/native.sock" 1 1 1 "$seconds")
        echo "$a $b"
    done >"$work/latency"
    command_line "taskset -c $server_core nativeload ask SOCKET 1 1 1 $seconds"
    row P5b "one check in flight, both ends on one core, p50; beside the echo" \
        "$(median_of "$work/latency" %.1f '$6') µs · $(median_of "$work/latency" %.1f '$2') µs" \
        "$(spread_of '$6 / $2' "$work/latency")" "≤ 1.2"
    row P5b "the same, p99 over p50, more than that of the echo" \
        "$(median_of "$work/latency" %.1f '$7') µs of $(median_of "$work/latency" %.1f '$6') µs ·\
 $(median_of "$work/latency" %.1f '$3') µs of $(median_of "$work/latency" %.1f '$2') µs" \
        "$(spread_of '$7 / $6 - $3 / $2' "$work/latency")" "≤ 0.2"
}

# Percentiles at fixed rates: a check's time begins when it was due, so that a server that is late cannot hide it.
native_paces() {
    local pace index
    for pace in $paces; do
        for ((index = 0; index < ROUNDS; index++)); do
            echo "$(taskset -c $load_core "$work/nativeload" pace ping "$work/echo.sock" 64 "$pace" "$seconds")" \
                "$(taskset -c $load_core "$work/nativeload" pace ask "$work/native.sock" 64 "$pace" "$seconds")"
        done >"$work/pace"
        echo "$pace $(median_of "$work/pace" %.1f '$7') $(median_of "$work/pace" %.1f '$8') $(median_of "$work/pace" %.1f '$3')" \
            >>"$work/paces"
        row P5b "64 connections, $pace checks a second whatever is answered, p99; beside the echo" \
            "$(median_of "$work/pace" %.0f '$8') µs, p50 $(median_of "$work/pace" %.0f '$7') µs ·\
 $(median_of "$work/pace" %.0f '$3') µs" "$(spread_of '$8 / $3' "$work/pace")" –
    done
    command_line "taskset -c $load_core nativeload pace ask SOCKET 64 $pace $seconds"
    $here/curve "Microseconds of a check over the load" "checks a second" "µs a check" "p50" "p99" "p99 of the echo" \
        <"$work/paces" >"$out/latency-curve.svg"
}

native_rows() {
    start_native
    if wants P5; then native_rates; fi
    if wants P5b; then
        native_latency
        native_paces
    fi
}
