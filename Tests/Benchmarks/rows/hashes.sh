# shellcheck shell=bash
# P6b: log-ins with passwords that are dear to check, beside crypt(3) on every core, and checks meanwhile.

# On every core: the pool has as many threads.
start_hashes() {
    cc -O2 -o "$work/crypts" $here/peers/crypts.c -lcrypt -lpthread
    [[ -x $work/loginload ]] || cc -O2 -o "$work/loginload" $here/peers/loginload.c -lnettle
    [[ -x $work/nativeload ]] || cc -O2 -o "$work/nativeload" $here/peers/nativeload.c
    yescrypt=$("$work/crypts" make '$y$')
    bcrypt=$("$work/crypts" make '$2b$' 12)
    cat >"$work/hashes.xml" <<XML
<authhost-users version="1">
  <user name="yes" password="$yescrypt"><allow actions="read" object="/login/**"/></user>
  <user name="bea" password="$bcrypt"><allow actions="read" object="/login/**"/></user>
  <user name="alice" password="{SSHA256}aBMNjM0gXm/Pl+hvOb8ZLjzTPdRZvj6o9qE6xHD7xbkwMTIzNDU2Nzg5YWJjZGVm"><allow actions="read" object="/FX/**"/></user>
</authhost-users>
XML
    local all
    all=$(seq -s , 0 $(($(nproc) - 1)))
    doors_cores=$all start_doors hashes "$work/hashes.xml" <<CONF
login-cache-time 0
auth-login-timeout 60
add-door
type dovecot
socket $work/hashes.auth
end-door
add-door
type native
socket $work/hashes.native
end-door
CONF
    await_socket "$work/hashes.auth"
    await_socket "$work/hashes.native"
}

# A row of one scheme: NAME USER HASH SECONDS
hash_row() {
    local index
    for ((index = 0; index < ROUNDS; index++)); do
        echo "$("$work/crypts" run "$3" "$(nproc)" "$4") $("$work/loginload" dovecot "$work/hashes.auth" 16 "$4" "$2")"
    done >"$work/hashed"
    command_line "crypts run '$3' $(nproc) $4"
    command_line "loginload dovecot SOCKET 16 $4 $2"
    row P6b "log-ins, $1, 16 in flight, the door \`dovecot\`; beside crypt(3) on every core" \
        "$(median_of "$work/hashed" %.1f '$2')/s · $(median_of "$work/hashed" %.1f '$1')/s" \
        "$(spread_of '$2 / $1' "$work/hashed")" "≥ 0.95"
}

# Checks while every core is busy with passwords, beside the same without.
checks_meanwhile() {
    local index ask=("$work/nativeload" ask "$work/hashes.native" 8 1 1 "$seconds") load
    for ((index = 0; index < ROUNDS; index++)); do
        "${ask[@]}" >"$work/alone"
        "$work/loginload" dovecot "$work/hashes.auth" 16 $((seconds + 2)) yes >/dev/null &
        load=$!
        "${ask[@]}" >"$work/beside"
        wait "$load"
        echo "$(cat "$work/alone") $(cat "$work/beside")"
    done >"$work/meanwhile"
    command_line "nativeload ask SOCKET 8 1 1 $seconds"
    row P6b "checks at the native door meanwhile, 8 connections; beside the same without log-ins" \
        "$(median_of "$work/meanwhile" %.0f '$6')/s · $(median_of "$work/meanwhile" %.0f '$1')/s" \
        "$(spread_of '$6 / $1' "$work/meanwhile")" "≥ 0.45"
    row P6b "the same, p99 of a check" \
        "$(median_of "$work/meanwhile" %.0f '$8') µs · $(median_of "$work/meanwhile" %.0f '$3') µs" \
        "$(spread_of '$8 / $3' "$work/meanwhile")" "≤ 3"
}

hash_rows() {
    start_hashes
    hash_row yescrypt yes "$yescrypt" "$seconds"
    # A core does four of these a second.
    hash_row "bcrypt of 12" bea "$bcrypt" $((seconds > 5 ? seconds : 5))
    checks_meanwhile
}
