# shellcheck shell=bash
# P14, commands that read much: a chained audit log that a host has written is checked, and cases are asked.

readonly audit_lines=1000000

# Rounds of a command that ends with a status, as seconds of the clock and of CPU: FILE STATUS COMMAND...
times() {
    local out=$1 expected=$2 index status TIMEFORMAT='%R %U %S'
    shift 2
    command_line "taskset -c $load_core $*"
    for ((index = 0; index < ROUNDS; index++)); do
        status=0
        { time taskset -c $load_core "$@" >"$work/said" 2>&1 || status=$?; } 2>"$work/took"
        ((status == expected)) || { echo "bench: $* ended with $status: $(tail -n 1 "$work/said")" >&2; exit 1; }
        awk '{ print $1, $2 + $3 }' "$work/took"
    done >"$out"
}

command_rows() {
    verify_row
    test_row
}

verify_row() {
    local log=$work/chained.log key=$work/audit.key
    [[ -x $work/nativeload ]] || cc -O2 -o "$work/nativeload" $here/peers/nativeload.c
    "$bin/authhost" audit key "$key" >/dev/null
    start_doors audit "$PWD/Plugins/xmlauth/users.xml" <<<"audit-log $log
audit-chain TRUE
audit-key $key
add-door
type native
socket $work/audit.sock
end-door"
    await_socket "$work/audit.sock"
    while (($(wc -l <"$log") < audit_lines)); do
        taskset -c $load_core "$work/nativeload" ask "$work/audit.sock" 8 8 64 2 >/dev/null
    done
    kill "$started"
    wait "$started" || true
    head -n $audit_lines "$log" >"$log.million"
    times "$work/audit" 0 "$bin/authhost" audit verify --key "$key" "$log.million"
    row P14 "\`audit verify\` of 1,000,000 chained lines, $(($(wc -c <"$log.million") / 1048576)) MiB, seconds of CPU" \
        "$(median_of "$work/audit" %.2f '$1') s by the clock" "$(spread_of '$2' "$work/audit") s" "≤ 5"
}

test_row() {
    seq 10000 | awk '{ printf "{\"user\": \"%s\", \"%s\": \"/FX/%d/EUR\", \"verdict\": \"allow\"}\n",
        $1 % 2 ? "alice" : "bob", $1 % 4 < 2 ? "read" : "write", $1 }' >"$work/cases.jsonl"
    # Bob may not write, which is told of each of his cases.
    times "$work/cases" 7 "$bin/authhost" test "$work/cases.jsonl" -c none --module xmlauth --auth-moddir "$bin" \
        --option xmlauth-file="$PWD/Plugins/xmlauth/users.xml"
    row P14 "\`authhost test\` of 10,000 cases, seconds of CPU" \
        "$(median_of "$work/cases" %.2f '$1') s by the clock" "$(spread_of '$2' "$work/cases") s" "≤ 2"
}
