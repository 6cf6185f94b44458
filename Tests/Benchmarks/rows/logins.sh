# shellcheck shell=bash
# P6 and P7: log-ins through the doors `dovecot` and `saslauthd`, beside Dovecot, FreeRADIUS and saslauthd.
#
# Everybody knows one user by a salted SHA-256, but saslauthd, whose database holds the password itself. authhost keeps no
# credentials here: its module is asked each time, and each log-in has a session of its own.

# The password `secret`, with the salt 0123456789abcdef.
readonly salted=s6Cg+woK9jB5WED62wgbWPiwfW/BXES96rk7oBGXqjgwMTIzNDU2Nzg5YWJjZGVm

start_logins() {
    cc -O2 -o "$work/loginload" $here/peers/loginload.c -lnettle
    cat >"$work/mail.xml" <<XML
<authhost-users version="1">
  <user name="ann" password="{SSHA256}$salted"><allow actions="read" object="/login/**"/></user>
</authhost-users>
XML
    start_doors mail "$work/mail.xml" <<CONF
login-cache-time 0
add-door
type dovecot
socket $work/mail.auth
end-door
add-door
type saslauthd
socket $work/mail.mux
end-door
CONF
    logins=$started
    await_socket "$work/mail.auth"
    await_socket "$work/mail.mux"
}

# One round: log-ins a second, and microseconds of the servers' CPU for each. SERVER PROTOCOL PLACE IN-FLIGHT
login_round() {
    local before after
    before=$(cpu_of "$1")
    taskset -c $load_core "$work/loginload" "$2" "$3" "$4" "$seconds" >"$work/logins"
    after=$(cpu_of "$1")
    awk -v cpu=$((after - before)) '{ printf "%s %.3f\n", $1, cpu / $2 / 1000 }' "$work/logins"
}

# Two rows: NAME WHAT REACH-OF-RATE REACH-OF-CPU PEER PROTOCOL PLACE OURS-PROTOCOL OURS-PLACE IN-FLIGHT
login_rows() {
    local index a b
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(login_round "$5" "$6" "$7" "${10}")
        b=$(login_round "$logins" "$8" "$9" "${10}")
        echo "$a $b"
    done >"$work/login-rates"
    command_line "taskset -c $load_core loginload $8 $9 ${10} $seconds"
    row "$1" "$2" "$(median_of "$work/login-rates" %.0f '$3')/s · $(median_of "$work/login-rates" %.0f '$1')/s" \
        "$(spread_of '$3 / $1' "$work/login-rates")" "$3"
    row "$1" "the same, CPU of the server for each, µs" \
        "$(median_of "$work/login-rates" %.1f '$4') µs · $(median_of "$work/login-rates" %.1f '$2') µs" \
        "$(spread_of '$4' "$work/login-rates")" "$4"
}

start_dovecot() {
    mkdir -p "$work/dovecot"
    echo "ann:{SSHA256}$salted::::::" >"$work/dovecot/users"
    # Its processes run as users of their own.
    chmod 755 "$work" "$work/dovecot"
    cat >"$work/dovecot.conf" <<CONF
base_dir = $work/dovecot/run
state_dir = $work/dovecot/state
log_path = $work/dovecot/log
protocols =
ssl = no
auth_mechanisms = plain
disable_plaintext_auth = no
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = scheme=SSHA256 username_format=%u $work/dovecot/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/nonexistent
}
service auth {
  chroot =
  client_limit = 1000
  unix_listener $work/dovecot/auth {
    mode = 0666
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
CONF
    taskset -c $server_core dovecot -F -c "$work/dovecot.conf" >"$work/dovecot.out" 2>&1 &
    dovecot=$!
    servers+=("$dovecot")
    await_socket "$work/dovecot/auth"
}

start_radius() {
    mkdir -p "$work/radius"
    echo "ann SSHA2-256-Password := \"$salted\"" >"$work/radius/users"
    cat >"$work/radius/radiusd.conf" <<CONF
prefix = /usr
libdir = /usr/lib/freeradius
logdir = $work/radius
run_dir = $work/radius
pidfile = $work/radius/pid
max_requests = 16384
proxy_requests = no
security {
  reject_delay = 0
}
client load {
  ipaddr = 127.0.0.1
  secret = testing123
}
thread pool {
  start_servers = 1
  max_servers = 1
  min_spare_servers = 1
  max_spare_servers = 1
}
modules {
  pap {
    normalise = yes
  }
  files {
    usersfile = $work/radius/users
  }
}
server load {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = 18474
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
CONF
    taskset -c $server_core freeradius -f -l "$work/radius/log" -d "$work/radius" -n radiusd >"$work/radius/out" 2>&1 &
    radius=$!
    servers+=("$radius")
    local attempt
    for attempt in $(seq 1 100); do
        grep -qs "Ready to process" "$work/radius/log" && return
        read -r -t 0.05 <> <(:) || true
    done
    cat "$work/radius/log" >&2
    exit 1
}

# Its database is one fixed file, so it gets an /etc of its own, which no other process sees.
start_saslauthd() {
    mkdir -p "$work/etc/upper" "$work/etc/work" "$work/sasl"
    echo secret | saslpasswd2 -p -c -f "$work/etc/upper/sasldb2" -u "$(hostname)" ann
    # shellcheck disable=SC2016
    taskset -c $server_core unshare -m sh -c \
        'mount -t overlay bench -o "lowerdir=/etc,upperdir=$1/etc/upper,workdir=$1/etc/work" /etc \
            && exec saslauthd -n 5 -l -a sasldb -m "$1/sasl"' sh "$work" || return 1
    await_socket "$work/sasl/mux"
    saslauthd=$(cat "$work/sasl/saslauthd.pid")
    servers+=("$saslauthd")
}

login_servers() {
    start_logins
    if wants P6; then
        local what="log-ins, salted SHA-256, 64 in flight, the door \`dovecot\`"
        if has dovecot; then
            start_dovecot
            login_rows P6 "$what; beside Dovecot" "≥ 5" "≤ 4" "$dovecot" dovecot "$work/dovecot/auth" dovecot "$work/mail.auth" 64
        else
            skipped P6 "$what; beside Dovecot" "dovecot is missing (Debian package dovecot-core)"
        fi
        if has freeradius; then
            start_radius
            login_rows P6 "$what; beside FreeRADIUS, one thread" "≥ 5" "≤ 4" "$radius" radius 18474 dovecot "$work/mail.auth" 64
        else
            skipped P6 "$what; beside FreeRADIUS" "freeradius is missing (Debian package freeradius)"
        fi
    fi
    if wants P7; then
        local what="a connection for each log-in, 16 in flight, the door \`saslauthd\`; beside saslauthd with sasldb"
        if has saslauthd && ((EUID == 0)) && start_saslauthd; then
            login_rows P7 "$what" "≥ 3" "–" "$saslauthd" saslauthd "$work/sasl/mux" saslauthd "$work/mail.mux" 16
        else
            skipped P7 "$what" "saslauthd is missing (Debian package sasl2-bin), or may not be given a database"
        fi
    fi
}
