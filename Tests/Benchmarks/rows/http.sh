# shellcheck shell=bash
# P3, the HTTP door beside nginx, and P12, start-up and memory.

# One round: requests a second, and microseconds of the server's CPU for each.
http_round() {
    local pid=$1 before after
    shift
    before=$(cpu_of "$pid")
    taskset -c $load_core wrk -t1 -c$connections -d"${seconds}s" "$@" >"$work/wrk"
    after=$(cpu_of "$pid")
    awk -v cpu=$((after - before)) '
        /requests in/ { requests = $1 }
        /Requests\/sec/ { rate = $2 }
        /Non-2xx/ { bad = $NF }
        END {
            if (bad > 0) { print "bench: " bad " answers were not 2xx" > "/dev/stderr"; exit 1 }
            printf "%s %.3f\n", rate, cpu / requests / 1000
        }' "$work/wrk"
}

start_authhost() {
    local serve=("$bin/authhost" --module xmlauth --auth-moddir "$bin" --http-listen 127.0.0.1:18472
        --option xmlauth-file="$PWD/Plugins/xmlauth/users.xml")
    command_line "taskset -c $server_core ${serve[*]}"
    taskset -c $server_core "${serve[@]}" 2>"$work/authhost.log" &
    authhost=$!
    servers+=("$authhost")
    await http://127.0.0.1:18472/health
    session=$(curl -s -H 'Content-Type: application/json' -d '{"user":"alice","password":"wonderland"}' \
        http://127.0.0.1:18472/v1/login | sed -n 's/.*"session" *: *"\([0-9a-f]*\)".*/\1/p')
    [[ -n $session ]] || { echo "bench: no session" >&2; exit 1; }
}

http_door() {
    local what="HTTP check, $connections kept connections, a real decision each; beside nginx \`return 200\`"
    if ! has wrk || ! has nginx; then
        skipped P3 "$what" "wrk or nginx is missing (Debian packages wrk, nginx-light)"
        return
    fi
    start_nginx nginx <<<"server { listen 127.0.0.1:18471; location / { return 200; } }"
    local nginx=$started
    await http://127.0.0.1:18471/
    start_authhost
    local url="http://127.0.0.1:18472/v1/check?action=read&object=/FX/EURUSD" index a b
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(http_round "$nginx" http://127.0.0.1:18471/)
        b=$(http_round "$authhost" -H "Authorization: Session $session" "$url")
        echo "$a $b"
    done >"$work/http"
    command_line "taskset -c $load_core wrk -t1 -c$connections -d${seconds}s -H 'Authorization: Session …' '$url'"
    row P3 "$what" "$(median_of "$work/http" %.0f '$3')/s · $(median_of "$work/http" %.0f '$1')/s" \
        "$(spread_of '$3 / $1' "$work/http")" "≥ 0.95"
    row P3 "the same, CPU a request" "$(median_of "$work/http" %.1f '$4') µs · $(median_of "$work/http" %.1f '$2') µs" \
        "$(spread_of '$4 / $2' "$work/http")" "≤ 1.15"
}

start_up() {
    local index begin end pid serve
    serve=("$bin/authhost" --module xmlauth --auth-moddir "$bin" --http-listen 127.0.0.1:18473
        --option xmlauth-file="$PWD/Plugins/xmlauth/users.xml")
    command_line "${serve[*]}"
    for ((index = 0; index < ROUNDS; index++)); do
        begin=$(date +%s%N)
        "${serve[@]}" 2>/dev/null &
        pid=$!
        until curl -s -o /dev/null http://127.0.0.1:18473/health; do :; done
        end=$(date +%s%N)
        echo "$(((end - begin) / 1000)) $(sed -n 's/^VmRSS:\s*\([0-9]*\).*/\1/p' "/proc/$pid/status")"
        kill "$pid"
        wait "$pid" || true
    done >"$work/start"
    row P12 "start to ready, milliseconds" "" "$(spread_of '$1 / 1000' "$work/start")" "≤ 25"
    row P12 "resident when idle, with the operator's API, MB" "" "$(spread_of '$2 / 1024' "$work/start")" "≤ 25"
}
