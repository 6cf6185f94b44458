# shellcheck shell=bash
# P5 and P5b, the native door beside an echo in C, over a unix socket each.

start_native() {
    cc -O2 -o "$work/nativeload" $here/peers/nativeload.c
    start_doors native "$PWD/Plugins/xmlauth/users.xml" <<<"add-door
type native
socket $work/native.sock
end-door"
    native=$started
    taskset -c $server_core "$work/nativeload" echo "$work/echo.sock" &
    echoes=$!
    servers+=("$echoes")
    await_socket "$work/native.sock"
    await_socket "$work/echo.sock"
}

# One round: answers a second, the percentiles of a frame, and microseconds of the server's CPU for each answer.
native_round() {
    local pid=$1 core=$2 before after
    shift 2
    before=$(cpu_of "$pid")
    taskset -c "$core" "$work/nativeload" "$@" >"$work/native.out"
    after=$(cpu_of "$pid")
    awk -v cpu=$((after - before)) '{ printf "%s %s %s %.3f\n", $1, $2, $3, cpu / $4 / 1000 }' "$work/native.out"
}

# A row: what, reach, connections, in flight, batch.
native_rate() {
    local index a b
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(native_round "$echoes" $load_core ping "$work/echo.sock" "$3" "$4" "$seconds")
        b=$(native_round "$native" $load_core ask "$work/native.sock" "$3" "$4" "$5" "$seconds")
        echo "$a $b"
    done >"$work/rates"
    command_line "taskset -c $load_core nativeload ask SOCKET $3 $4 $5 $seconds"
    row P5 "$1" "$(median_of "$work/rates" %.0f '$5')/s, $(median_of "$work/rates" %.2f '$8') µs CPU · $(median_of \
        "$work/rates" %.0f '$1')/s" "$(spread_of '$5 / $1' "$work/rates")" "$2"
}

native_rows() {
    local index a b
    start_native
    if wants P5; then
        native_rate "native door, 64 connections, 1 in flight; beside an echo of 64 bytes in C" "≥ 0.7" 64 1 1
        native_rate "8 connections, 64 in flight; beside the echo" "≥ 0.1" 8 64 1
        native_rate "checks in batches of 64, 8 connections, 8 in flight; beside the echo's frames" "≥ 0.25" 8 8 64
    fi
    if wants P5b; then
        # Both ends on one core: a wake-up across cores costs more than either of them.
        for ((index = 0; index < ROUNDS; index++)); do
            a=$(native_round "$echoes" $server_core ping "$work/echo.sock" 1 1 "$seconds")
            b=$(native_round "$native" $server_core ask "$work/native.sock" 1 1 1 "$seconds")
            echo "$a $b"
        done >"$work/latency"
        command_line "taskset -c $server_core nativeload ask SOCKET 1 1 1 $seconds"
        row P5b "one check in flight, both ends on one core, p50; beside the echo" \
            "$(median_of "$work/latency" %.1f '$6') µs · $(median_of "$work/latency" %.1f '$2') µs" \
            "$(spread_of '$6 / $2' "$work/latency")" "≤ 1.5"
        row P5b "the same, p99 beside its own p50" \
            "$(median_of "$work/latency" %.1f '$7') µs · $(median_of "$work/latency" %.1f '$6') µs" \
            "$(spread_of '$7 / $6' "$work/latency")" "≤ 2"
    fi
}
