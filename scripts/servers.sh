# Sourced: real servers for tests and benchmarks, on loopback ports of their own, in folders that go away.
#   start_postgres DIR [setting=value...]   sets postgres_url (a superuser, database postgres)
#   start_pgbouncer DIR                     sets pgbouncer_url; transaction mode, in front of that PostgreSQL
#   stop_servers                            all of them
servers_started=()
postgres_bin=/usr/lib/postgresql/15/bin

free_port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# PostgreSQL and pgbouncer refuse to run as root, and to start in a folder that their user may not enter.
as_server_user() (
    cd /
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
)

start_postgres() {
    local dir=$1 setting
    shift
    mkdir -p "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    as_server_user "$postgres_bin/initdb" -D "$dir/data" -U zoetrope --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync > "$dir.log" 2>&1 ||
        { cat "$dir.log" >&2; die "initdb failed"; }
    postgres_port=$(free_port)
    local options="-p $postgres_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir"
    for setting in "$@"; do options+=" -c $setting"; done
    as_server_user "${postgres_prefix[@]}" "$postgres_bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -o "$options" start >> "$dir.log" 2>&1 ||
        { cat "$dir/log" >&2; die "PostgreSQL did not start"; }
    servers_started+=("as_server_user $postgres_bin/pg_ctl -D $dir/data -m immediate stop")
    postgres_url=postgres://zoetrope@127.0.0.1:$postgres_port/postgres
}
postgres_prefix=(env)

start_pgbouncer() {
    local dir=$1 port
    mkdir -p "$dir"
    [ "$(id -u)" != 0 ] || chown postgres "$dir"
    port=$(free_port)
    echo '"zoetrope" ""' > "$dir/users"
    cat > "$dir/pgbouncer.ini" <<END
[databases]
* = host=127.0.0.1 port=$postgres_port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
logfile = $dir/log
pidfile = $dir/pid
END
    as_server_user pgbouncer -q -d "$dir/pgbouncer.ini" > "$dir.log" 2>&1 || { cat "$dir.log" >&2; die "pgbouncer did not start"; }
    servers_started+=("as_server_user sh -c 'kill \$(cat $dir/pid)'")
    pgbouncer_url=postgres://zoetrope@127.0.0.1:$port/postgres
}

stop_servers() {
    local stop
    for stop in "${servers_started[@]}"; do eval "$stop" > /dev/null 2>&1 || true; done
    servers_started=()
}
