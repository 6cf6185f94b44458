# shellcheck shell=bash
# What all rows share: the table, the spread of rounds, servers that end with the run.

work=$(mktemp -d)
servers=()
stop() {
    local server
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

# Whether one of the rows is to be measured.
wants() {
    ((${#wanted[@]} == 0)) && return 0
    local name
    for name in "$@"; do [[ " ${wanted[*]} " == *" $name "* ]] && return 0; done
    return 1
}

head_of_table() {
    local model
    model=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)
    echo "$(date -u +%F), $(nproc) cores of $model, $(uname -srm)," \
        "release build, $ROUNDS rounds, load average $(cut -d ' ' -f 1 /proc/loadavg) before"
    echo
    echo "| row | what | authhost · beside it | ratio: median (least…most) | reach | reached |"
    echo "|---|---|---|---|---|---|"
}

foot_of_table() {
    echo
    echo "load average $(cut -d ' ' -f 1 /proc/loadavg) after; command lines:"
    echo
    sed "s|$work|WORK|g; s|$PWD/||g; s|$bin/||g; s/^/    /" "$work/commands"
}

# Notes a command line that a row comes from.
command_line() { echo "$*" >>"$work/commands"; }

# A row: name, what, figures, ratio, reach. The ratio begins with the value that the reach is about.
row() {
    local reached=–
    case $5 in
        ≥*) reached=$(awk -v v="${4%% *}" -v r="${5#* }" 'BEGIN { print (v + 0 >= r + 0) ? "yes" : "**no**" }') ;;
        ≤*) reached=$(awk -v v="${4%% *}" -v r="${5#* }" 'BEGIN { print (v + 0 <= r + 0) ? "yes" : "**no**" }') ;;
    esac
    echo "| $1 | $2 | $3 | $4 | $5 | $reached |"
}

skipped() { echo "| $1 | $2 | skipped: $3 | – | – | – |"; }

has() { command -v "$1" >/dev/null || [[ -x /usr/sbin/$1 ]]; }

# Median, least and most of a column of numbers.
spread() { sort -g | awk '{ v[NR] = $1 } END { printf "%.2f (%.2f…%.2f)", v[int((NR + 1) / 2)], v[1], v[NR] }'; }

# The spread of an awk expression over the columns of a file.
spread_of() { awk "{ print $1 }" "$2" | spread; }

# Its median: FILE FORMAT EXPRESSION.
median_of() { awk "{ printf \"$2\\n\", $3 }" "$1" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Waits until something listens at a unix socket.
await_socket() {
    local attempt
    for attempt in $(seq 1 200); do
        [[ -S $1 ]] && return
        read -r -t 0.05 <> <(:) || true
    done
    echo "bench: nothing listens at $1" >&2
    exit 1
}

# Starts an nginx with what standard input says of its `http` block, as the process `started`: NAME
start_nginx() {
    local conf=$work/$1.conf
    {
        # Its workers reach sockets that no other user may.
        ((EUID != 0)) || echo "user root;"
        echo "daemon off; worker_processes 1; pid $work/$1.pid; error_log stderr crit;"
        echo "events { worker_connections 1024; }"
        echo "http { access_log off; keepalive_requests 100000000;"
        printf '%s_temp_path %s;\n' client_body "$work/body" proxy "$work/proxy" fastcgi "$work/fastcgi" \
            uwsgi "$work/uwsgi" scgi "$work/scgi"
        cat
        echo "}"
    } >"$conf"
    taskset -c $server_core "$(command -v nginx || echo /usr/sbin/nginx)" -c "$conf" -p "$work" 2>"$work/$1.log" &
    started=$!
    servers+=("$started")
}

# Starts authhost with xmlauth, a users file and what standard input says of its doors, as the process `started`: NAME USERS.
# On the cores of `doors_cores`, or on that of servers.
start_doors() {
    local conf=$work/$1.conf serve
    {
        printf '%s\n' "auth-module xmlauth" "auth-moddir $bin" "http-listen none" "add-module-options xmlauth" \
            "xmlauth-file $2" "end-module-options"
        cat
    } >"$conf"
    serve=("$bin/authhost" serve --config "$conf")
    command_line "taskset -c ${doors_cores:-$server_core} ${serve[*]}"
    taskset -c "${doors_cores:-$server_core}" "${serve[@]}" 2>"$work/$1.log" &
    started=$!
    servers+=("$started")
}

# Waits until a URL answers; the server's own start-up is bounded by its time-outs.
await() {
    local url=$1 attempt
    for attempt in $(seq 1 200); do
        if curl -s -o /dev/null --max-time 1 "$url"; then return; fi
        read -r -t 0.05 <> <(:) || true
    done
    echo "bench: $url does not answer" >&2
    exit 1
}

# Nanoseconds that the threads of a process, and its children, have run.
cpu_of() {
    local pid total=0 ns rest task
    for pid in "$1" $(pgrep -P "$1" || true); do
        for task in /proc/"$pid"/task/*; do
            read -r ns rest <"$task/schedstat" && total=$((total + ns))
        done
    done
    echo "$total"
}
