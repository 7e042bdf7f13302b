#!/usr/bin/env bash
# Runs a program beside a throw-away PostgreSQL, whose address is its DATABASE_URL.   postgres.sh FOLDER PROGRAM [ARGUMENT…]
set -eu
programs=$1
shift
folder=$(mktemp -d /tmp/logkit-postgres-XXXXXX)
as_server=()
if [ "$(id -u)" = 0 ]; then  # a server does not run as root
    chown postgres:postgres "$folder"
    as_server=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
server() { (cd "$folder" && ${as_server[@]+"${as_server[@]}"} "$programs/$1" "${@:2}"); }
trap 'server pg_ctl -D "$folder/data" -m immediate -s stop || true; rm -rf "$folder"' EXIT
server initdb -D "$folder/data" -U logkit -A trust -E UTF8 --locale=C.UTF-8 --no-sync -N >/dev/null
server pg_ctl -D "$folder/data" -w -s -l "$folder/log" -o "-k $folder -c listen_addresses= -c fsync=off" start
export DATABASE_URL="postgresql://logkit@/postgres?host=$folder"
"$@"
