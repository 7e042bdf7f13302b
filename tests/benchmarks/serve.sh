#!/usr/bin/env bash
# What the server takes, and SQLite and PostgreSQL beside it with the same lines.   serve.sh SERVE WRITER [SECONDS]
# WRITER is bench_reader_log. The server has one core, the load (wrk) the other; each commit is synced. CPU seconds are the server's.
set -euo pipefail
serve=$(realpath "$1") writer=$(realpath "$2") seconds=${3:-10}
here=$(realpath "$(dirname "$0")")
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
until_holds() { until eval "$1"; do sleep 0.1; done; }
cpu() { awk '{ print ($14 + $15) / 100 }' "/proc/$1/stat"; }
LOG_CONSOLE=off LOG_ROTATE_MB=0 LOG_LEVEL=debug LOG_JOURNAL=off "$writer" 2000
head -n 1000 run.log >body
printf '{"message":"order placed","service":"shop","metadata":{"order":7,"user":"alice"}}' >one
echo "bodies of 1,000 lines: $(stat -c %s body) bytes"
echo "| what | records/s | records a CPU second | MB a CPU second | MiB at most |"
echo "|---|---|---|---|---|"
stored() { curl -s "$url/metrics" | awk '/^logkit_store_records / { print $2 }'; }
measure() { # what, connections, body, target, type, server options...
    local what=$1 connections=$2
    export BODY=$folder/$3 TARGET=$4 TYPE=$5
    shift 5
    rm -rf data
    taskset -c 0 "$serve" --data data --listen 127.0.0.1:0 "$@" >greeting &
    server=$!
    until_holds 'grep -q "a whole log" greeting'
    url=$(grep -o 'http://127[0-9.:]*' greeting | head -n 1)
    until_holds 'curl -sf $url/ready >/dev/null'
    before=$(cpu $server) began=$(date +%s.%N)
    taskset -c 1 wrk -t 1 -c "$connections" -d "${seconds}s" -s "$here/serve.lua" "$url" >wrk.txt
    used=$(echo "$(cpu $server) - $before" | bc) took=$(echo "$(date +%s.%N) - $began" | bc) n=$(stored)
    ! grep -q Non-2xx wrk.txt
    echo "| $what | $(echo "$n / $took" | bc) | $(echo "$n / $used" | bc) | $(echo "$n * $(stat -c %s "$BODY") / $(wc -l <"$BODY" | sed 's/^0$/1/') / 1000000 / $used" | bc) | $(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$server/status") |"
    kill $server
    wait $server || { echo "the server ended with $?"; exit 1; }
}
measure "NDJSON, bodies of 1,000" 8 body /ingest application/x-ndjson
measure "single POST /logs, 64 connections" 64 one /logs application/json
measure "single POST /logs, --sync off" 64 one /logs application/json --sync off

# The same lines as rows, 1,000 a transaction, synced.
rounds=$((seconds * 20))
python3 - "$rounds" <<'EOF'
import resource, sqlite3, sys, time
lines, rounds = open("body").read().splitlines(), int(sys.argv[1])
db = sqlite3.connect("peer.sqlite"); db.execute("PRAGMA journal_mode=WAL"); db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE records (time TEXT, line TEXT)"); db.execute("CREATE INDEX by_time ON records (time)")
rows = [(l[14:41], l) for l in lines]
began, before = time.time(), resource.getrusage(resource.RUSAGE_SELF)
for _ in range(rounds):
    with db: db.executemany("INSERT INTO records VALUES (?,?)", rows)
after = resource.getrusage(resource.RUSAGE_SELF); used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
n, size = rounds * len(rows), rounds * sum(len(l) + 1 for l in lines)
print(f"| SQLite, WAL, an index by time | {n / (time.time() - began):.0f} | {n / used:.0f} | {size / 1e6 / used:.0f} | {after.ru_maxrss // 1024} |")
EOF
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1 || true)
if [ -n "$postgres" ] && [ "$(id -u)" = 0 ]; then
    mkdir peer && chown postgres peer && chmod 755 "$folder"
    as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
    as "$postgres/initdb" -D "$folder/peer" >/dev/null
    as "$postgres/pg_ctl" -D "$folder/peer" -o "-k $folder/peer -c listen_addresses=" -w start >/dev/null
    python3 -c 'import json, sys
for l in open("body"): print(l[14:41] + "\t" + l.rstrip("\n").replace("\\", "\\\\"))' >rows
    { echo "CREATE TABLE records (time timestamptz, line bytea); CREATE INDEX ON records (time);"; for _ in $(seq "$rounds"); do echo "\\copy records from '$folder/rows'"; done; echo "\\! awk '{ print (\$14 + \$15) / 100 }' /proc/\$(pgrep -f 'postgres: postgres postgres' | head -n 1)/stat >$folder/used"; } >load.sql
    began=$(date +%s.%N)
    chmod 777 .
    as psql -q -h "$folder/peer" -f "$folder/load.sql" postgres
    took=$(echo "$(date +%s.%N) - $began" | bc) n=$((rounds * 1000))
    echo "| PostgreSQL, COPY, an index by time (its backend's CPU alone) | $(echo "$n / $took" | bc) | $(echo "$n / $(cat used)" | bc) | $(echo "$rounds * $(stat -c %s body) / 1000000 / $(cat used)" | bc) | |"
    as "$postgres/pg_ctl" -D "$folder/peer" -m immediate stop >/dev/null
fi
