# shellcheck shell=bash
# P4, nginx's auth_request beside a stub that always says yes, and P4b, RabbitMQ beside an nginx that always says `allow`.

start_proxied() {
    start_doors forward "$PWD/Plugins/xmlauth/users.xml" <<CONF
add-door
type forward-auth
socket $work/forward.sock
object /FX/EURUSD
end-door
CONF
    forward=$started
    cc -O2 -o "$work/answer" $here/peers/answer.c
    taskset -c $server_core "$work/answer" "$work/answer.sock" &
    stub=$!
    servers+=("$stub")
    await_socket "$work/forward.sock"
    await_socket "$work/answer.sock"
    start_nginx asking <<CONF
upstream authhost { server unix:$work/forward.sock; keepalive 64; keepalive_requests 100000000; }
upstream stub { server unix:$work/answer.sock; keepalive 64; keepalive_requests 100000000; }
proxy_http_version 1.1;
proxy_pass_request_body off;
proxy_set_header Connection "";
proxy_set_header Content-Length "";
proxy_set_header Host \$http_host;
proxy_set_header X-Forwarded-For \$remote_addr;
proxy_set_header X-Original-URI \$request_uri;
proxy_set_header X-Original-Method \$request_method;
server {
    listen 127.0.0.1:18475;
    location /authhost { auth_request /_authhost; try_files /none =204; }
    location /stub { auth_request /_stub; try_files /none =204; }
    location = /_authhost { internal; proxy_pass http://authhost/nginx; }
    location = /_stub { internal; proxy_pass http://stub/; }
}
CONF
    await http://127.0.0.1:18475/stub
}

proxy_rows() {
    local what="nginx \`auth_request\` over a unix socket, $connections connections, all on one core; beside a stub in C"
    if ! has wrk || ! has nginx; then
        skipped P4 "$what" "wrk or nginx is missing (Debian packages wrk, nginx-light)"
        return
    fi
    start_proxied
    # alice and her password.
    local index a b basic="Authorization: Basic YWxpY2U6d29uZGVybGFuZA=="
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(http_round "$stub" -H "$basic" http://127.0.0.1:18475/stub)
        b=$(http_round "$forward" -H "$basic" http://127.0.0.1:18475/authhost)
        echo "$a $b"
    done >"$work/proxied"
    command_line "taskset -c $load_core wrk -t1 -c$connections -d${seconds}s -H 'Authorization: Basic …' http://127.0.0.1:18475/authhost"
    row P4 "$what" "$(median_of "$work/proxied" %.0f '$3')/s · $(median_of "$work/proxied" %.0f '$1')/s" \
        "$(spread_of '$3 / $1' "$work/proxied")" "≥ 0.9"
    row P4 "the same, CPU of the one that is asked, for each question" \
        "$(median_of "$work/proxied" %.1f '$4') µs · $(median_of "$work/proxied" %.1f '$2') µs" \
        "$(spread_of '$4 / $2' "$work/proxied")" "≤ 1.5"
}

# One broker for each that is asked: NAME PORT-OF-AUTH INDEX.
start_broker() {
    local name=$1 port=$2 index=$3 folder=$work/broker-$1
    mkdir -p "$folder"
    sed -e "s/127.0.0.1:5672/127.0.0.1:$((18480 + index))/" -e "s/127.0.0.1:8086/127.0.0.1:$port/" -e '/^mqtt/d' \
        examples/rabbitmq/rabbitmq.conf >"$folder/rabbitmq.conf"
    echo '[rabbitmq_auth_backend_http].' >"$folder/enabled_plugins"
    HOME=$folder ERL_EPMD_PORT=18489 ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME=$name@localhost \
        RABBITMQ_DIST_PORT=$((18484 + index)) RABBITMQ_LOGS=- RABBITMQ_BASE=$folder RABBITMQ_MNESIA_BASE=$folder/mnesia \
        RABBITMQ_LOG_BASE=$folder/log RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_CONF_ENV_FILE=$folder/none \
        RABBITMQ_ENABLED_PLUGINS_FILE=$folder/enabled_plugins RABBITMQ_PID_FILE=$folder/pid \
        RABBITMQ_GENERATED_CONFIG_DIR=$folder/generated RABBITMQ_ADVANCED_CONFIG_FILE=$folder/none.config \
        taskset -c $server_core /usr/lib/rabbitmq/bin/rabbitmq-server >"$folder/out" 2>&1 &
    local attempt
    for attempt in $(seq 1 600); do
        if grep -q "Server startup complete" "$folder/out"; then
            servers+=("$(cat "$folder/pid")")
            return
        fi
        read -r -t 0.1 <> <(:) || true
    done
    tail -n 5 "$folder/out" >&2
    echo "bench: RabbitMQ did not start" >&2
    exit 1
}

# Messages a second that the broker has confirmed, over topics in turn so that it remembers no answer.
publish() {
    taskset -c $load_core .build/pypi/bin/python - "$1" "$seconds" <<'PYTHON'
import sys, time, pika
port, seconds = int(sys.argv[1]), float(sys.argv[2])
connection = pika.BlockingConnection(
    pika.ConnectionParameters('127.0.0.1', port, '/', pika.PlainCredentials('alice', 'wonderland')))
channel = connection.channel()
channel.confirm_delivery()
keys = ['FX.%d' % number for number in range(100)]
begin, count = time.monotonic(), 0
while time.monotonic() - begin < seconds:
    for key in keys:
        channel.basic_publish('amq.topic', key, b'1')
    count += len(keys)
print(count / (time.monotonic() - begin))
connection.close()
PYTHON
}

broker_rows() {
    local what="RabbitMQ publishes over 100 topics, each asked about; beside an nginx that always says \`allow\`"
    if [[ ! -x /usr/lib/rabbitmq/bin/rabbitmq-server ]] || ! has nginx || ! .build/pypi/bin/python -c 'import pika' 2>/dev/null
    then
        skipped P4b "$what" "rabbitmq-server, nginx-light or pika (of PyPI) is missing"
        return
    fi
    start_doors broker "$PWD/examples/rabbitmq/users.xml" <<<"add-door
type rabbitmq
listen 127.0.0.1:18476
end-door"
    start_nginx allow <<<'server { listen 127.0.0.1:18477; location / { return 200 "allow"; } }'
    ERL_EPMD_PORT=18489 epmd -address 127.0.0.1 -port 18489 &
    servers+=($!)
    await http://127.0.0.1:18477/
    start_broker stub 18477 0
    start_broker authhost 18476 1
    local index a b
    for ((index = 0; index < ROUNDS; index++)); do
        a=$(publish 18480)
        b=$(publish 18481)
        echo "$a $b"
    done >"$work/published"
    row P4b "$what" "$(median_of "$work/published" %.0f '$2')/s · $(median_of "$work/published" %.0f '$1')/s" \
        "$(spread_of '$2 / $1' "$work/published")" "≥ 0.97"
}
