#!/usr/bin/env bash
# What questions cost the server, for more and more records, and SQLite and PostgreSQL beside it with the same lines.
#   serve_questions.sh SERVE WRITER [MILLIONS [MILLIONS OF THE PEERS]]          (20, 1)
# WRITER is bench_reader_log. One service says an error in a million lines. The best of five, in milliseconds.
set -euo pipefail
serve=$(realpath "$1") writer=$(realpath "$2") millions=${3:-20} of_peers=${4:-1}
folder=$(mktemp -d "${TMPDIR:-/tmp}/logkit-bench.XXXXXX")
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
rare() { # a line of a service that hardly ever fails: N
    echo "{\"timestamp\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)\",\"level\":\"error\",\"event\":\"disk failed\",\"trace_id\":\"$(printf %032x "$1")\",\"service\":\"rare\",\"id\":\"$(head -c 16 /dev/urandom | xxd -p)\"}"
}
write_million() { LOG_CONSOLE=off LOG_ROTATE_MB=0 LOG_LEVEL=debug LOG_JOURNAL=off LOG_FILE=run.log "$writer" 111000; }
best() { # target, parameters…: of the server
    for _ in 1 2 3 4 5; do curl -s -o answer -w '%{time_total}\n' -G "$url/api/$1" "${@:2}"; done | sort -n | head -n 1 | awk '{ printf "%.1f", $1 * 1000 }'
}
echo "| millions of records | bytes a record | import, CPU s a million | start, ms | a trace | the last 100 errors | of a service, 1 in 10⁶ | histogram of a day | key=value, none | text, GB/s | MiB at most |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
done=0 trace=
for step in 1 2 5 10 20 50 100; do
    [ "$step" -le "$millions" ] || break
    used=0 before=$done
    for ((; done < step; ++done)); do
        rm -f run.log
        write_million
        rare "$done" >>run.log
        used=$(/usr/bin/time -f '%U %S' "$serve" import run.log --data data 2>&1 >/dev/null | awk -v sum="$used" '{ print sum + $1 + $2 }')
        [ -n "$trace" ] || trace=$(sed -n 500000p run.log | grep -o '"trace_id":"[0-9a-f]*"' | cut -d'"' -f4)
        [ "$done" -ge "$of_peers" ] || cp run.log "peer.$done"
    done
    "$serve" --data data --listen 127.0.0.1:0 >greeting &
    server=$!
    until grep -q 'a whole log' greeting; do sleep 0.01; done
    url=$(grep -o 'http://127[0-9.:]*' greeting | head -n 1) began=$(date +%s%N)
    until curl -sf "$url/ready" >/dev/null; do :; done
    started=$((($(date +%s%N) - began) / 1000000))
    read -r records bytes raw < <(curl -s "$url/metrics" | awk '/^logkit_store_records /{r=$2} /^logkit_store_bytes /{b=$2} /^logkit_store_raw_bytes /{w=$2} END {print r, b, w}')
    text=$(best logs --data-urlencode 'query=zzznever')
    echo "| $step | $(echo "scale=1; $bytes / $records" | bc) | $(echo "scale=2; $used / ($step - $before)" | bc) | $started | $(best "traces/$trace") | $(best logs --data-urlencode query=level=error) | $(best logs --data-urlencode 'query=level=error service=rare') | $(best histogram -d since=24h) | $(best logs --data-urlencode query=user=nobody) | $(echo "scale=2; $raw / $text / 1000000" | bc) | $(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$server/status") |"
    kill $server
    wait $server || { echo "the server ended with $?"; exit 1; }
done
cat peer.* >peer.log
python3 - <<'END'
import json, os, sqlite3, time
db = sqlite3.connect("peer.sqlite")
db.execute("CREATE TABLE records (time TEXT, level TEXT, trace TEXT, service TEXT, line TEXT)")
for of in ("time", "trace", "level, service, time"): db.execute(f"CREATE INDEX by_{of.split(',')[0]} ON records ({of})")
def rows():
    for l in open("peer.log"):
        e = json.loads(l)
        yield e["timestamp"], e["level"], e["trace_id"], e.get("service", ""), l
began = time.process_time()
with db: db.executemany("INSERT INTO records VALUES (?,?,?,?,?)", rows())
used, (count,) = time.process_time() - began, db.execute("SELECT count(*) FROM records").fetchone()
trace, = db.execute("SELECT trace FROM records WHERE rowid = 500000").fetchone()
def best(sql, *values):
    def once():
        began = time.perf_counter(); db.execute(sql, values).fetchall(); return time.perf_counter() - began
    return min(once() for _ in range(5)) * 1000
size, raw = os.path.getsize("peer.sqlite") + sum(os.path.getsize(f) for f in os.listdir(".") if f == "peer.sqlite-wal"), os.path.getsize("peer.log")
text = best("SELECT line FROM records WHERE instr(line, 'zzznever') LIMIT 100")
print(f"| {count / 1e6:.0f}, SQLite (Python's), indexes by time, trace, level and service | {size / count:.1f} | {used * 1e6 / count:.2f} | | {best('SELECT line FROM records WHERE trace = ? ORDER BY time', trace):.1f} "
      f"| {best('SELECT line FROM records WHERE level = ? ORDER BY time DESC LIMIT 100', 'error'):.1f} | {best('SELECT line FROM records WHERE level = ? AND service = ? ORDER BY time DESC LIMIT 100', 'error', 'rare'):.1f} "
      f"| {best('SELECT substr(time, 1, 13), level, count(*) FROM records GROUP BY 1, 2'):.1f} | | {raw / text / 1e6:.2f} | |")
END
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1 || true)
if [ -n "$postgres" ] && [ "$(id -u)" = 0 ]; then
    mkdir peer && chown postgres peer && chmod 777 .
    as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
    as "$postgres/initdb" -D "$folder/peer" >/dev/null 2>&1
    as "$postgres/pg_ctl" -D "$folder/peer" -o "-k $folder/peer -c listen_addresses= -c shared_buffers=1GB" -w start >/dev/null
    python3 -c 'import json
for l in open("peer.log"):
    e = json.loads(l)
    print(e["timestamp"], e["level"], e["trace_id"], e.get("service", ""), l.rstrip("\n").replace("\\", "\\\\"), sep="\t")' >rows
    sql() { as psql -qAt -h "$folder/peer" -c "$1" postgres; }
    sql "CREATE TABLE records (time timestamptz, level text, trace text, service text, line text); CREATE INDEX ON records (time); CREATE INDEX ON records (trace); CREATE INDEX ON records (level, service, time);"
    began=$(date +%s.%N)
    sql "\\copy records from '$folder/rows'"
    took=$(echo "$(date +%s.%N) - $began" | bc)
    sql "VACUUM ANALYZE records" >/dev/null
    timed() { for _ in 1 2 3 4 5; do as psql -qAt -h "$folder/peer" -c '\timing on' -c "$1" postgres | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p'; done | sort -n | head -n 1; }
    count=$(sql "SELECT count(*) FROM records") size=$(sql "SELECT pg_total_relation_size('records')") trace=$(sql "SELECT trace FROM records OFFSET 500000 LIMIT 1") text=$(timed "SELECT line FROM records WHERE line LIKE '%zzznever%' LIMIT 100")
    echo "| $(((count + 500000) / 1000000)), PostgreSQL, COPY, the same indexes (wall-clock) | $(echo "scale=1; $size / $count" | bc) | $(echo "scale=2; $took * 1000000 / $count" | bc) | | $(timed "SELECT line FROM records WHERE trace = '$trace' ORDER BY time") | $(timed "SELECT line FROM records WHERE level = 'error' ORDER BY time DESC LIMIT 100") | $(timed "SELECT line FROM records WHERE level = 'error' AND service = 'rare' ORDER BY time DESC LIMIT 100") | $(timed "SELECT date_trunc('hour', time), level, count(*) FROM records GROUP BY 1, 2") | | $(echo "scale=2; $(stat -c %s peer.log) / $text / 1000000" | bc) | |"
    as "$postgres/pg_ctl" -D "$folder/peer" -m immediate stop >/dev/null
fi
