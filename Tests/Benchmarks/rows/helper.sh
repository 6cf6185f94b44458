# shellcheck shell=bash
# P13: a check of a module in this process, in a helper with some in flight, and over a socketpair; and how soon a death is known.

# Builds the C program of the row, and the helper; prints the folder of both.
build_helper_row() {
    scripts/build-helper "$work/authhost-helper"
    cc -std=gnu11 -O2 -D_Nonnull= -D_Nullable= -I include -I Sources/CFFI/include \
        Tests/Benchmarks/peers/helper.c \
        Sources/CFFI/{,remote/}*.c \
        -l:libffi.a -pthread -o "$work/helper"
}

helper_rows() {
    wants P13 || return 0
    build_helper_row
    local round name count=${HELPER_ROUNDS:-6400}
    command_line "helper authhost-helper trivial.so $count"
    : >"$work/helper.rows"
    for ((round = 0; round < ROUNDS; round++)); do
        "$work/helper" "$work/authhost-helper" "$work/trivial.so" "$count" >"$work/helper.round"
        # One line for each round: in process, socketpair, 1, 16 and 64 in flight, and the death.
        awk '{ printf "%s ", $2 } END { print "" }' "$work/helper.round" >>"$work/helper.rows"
    done
    column() { awk -v c="$1" '{ print $c }' "$work/helper.rows" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
    local number=2
    for name in "a socketpair, 1 in flight" "1 in flight" "16 in flight" "64 in flight"; do
        local reach=–
        if [[ $name == 64* ]]; then reach="≤ 3"; fi
        row P13 "a check in a helper: $name" "$(column $number) ns · $(column 1) ns in process" \
            "$(spread_of "\$$number / \$1" "$work/helper.rows")" "$reach"
        number=$((number + 1))
    done
    row P13 "the death of a helper is known" "$(column 6) µs" "$(spread_of '$6 / 1000' "$work/helper.rows") ms" "≤ 1"
}
