#!/usr/bin/env bash
# What shipping costs, and rsyslog's imfile beside it on the same file.   ship.sh LOGKIT WRITER PROGRAM [REQUESTS]
# WRITER is bench_reader_log (about 3.2 KB and nine records a request), PROGRAM ship_program. CPU seconds are user and system time of the
# one that ships, on a core of its own; the counterpart, which is slower, has the other.
set -euo pipefail
logkit=$(realpath "$1") writer=$(realpath "$2") program=$(realpath "$3") requests=${4:-330000}
counterpart=$(realpath "$(dirname "$0")/../ship/counterpart.py")
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
until_holds() { until eval "$1"; do sleep 0.1; done; }
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # hundredths of a second
LOG_CONSOLE=off LOG_ROTATE_MB=0 LOG_LEVEL=debug LOG_JOURNAL=off "$writer" "$requests"
bytes=$(stat -c %s run.log) lines=$(wc -l <run.log)
taskset -c 1 python3 "$counterpart" 0 "$folder/store" &
until_holds '[ -s store/port ]'
server=http://127.0.0.1:$(cat store/port)
echo "run.log: $bytes bytes, $lines records"
echo "| what | CPU s | MB of log a CPU second | MiB at most |"
echo "|---|---|---|---|"
row() { echo "| $1 | $2 | $(echo "$bytes / 1000000 / $2" | bc) | $(($3 / 1024)) |"; }
for how in none zstd gzip; do
    rm -f run.log.cursor* store/store
    taskset -c 0 /usr/bin/time -o time.txt -f '%U %S %M' "$logkit" ship run.log --to "$server" --once --compression "$how" 2>/dev/null
    read -r user system kib <time.txt
    row "logkit ship, $how" "$(echo "$user + $system" | bc)" "$kib"
done
rm -f store/store

# rsyslog forwards lines over TCP, uncompressed; counted here.
if command -v rsyslogd >/dev/null; then
    python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); c, _ = s.accept(); n = 0
while n < '"$lines"':
    n += c.recv(1 << 20).count(b"\n")
open("counted", "w").close(); c.recv(1)' >sink_port &
    until_holds '[ -s sink_port ]'
    mkdir -p work
    cat >rsyslog.conf <<EOF
global(workDirectory="$folder/work" maxMessageSize="64k")
module(load="imfile")
template(name="line" type="string" string="%msg%\n")
input(type="imfile" File="$folder/run.log" Tag="l" addMetadata="off" ruleset="out")
ruleset(name="out") { action(type="omfwd" target="127.0.0.1" port="$(cat sink_port)" protocol="tcp" template="line") }
EOF
    taskset -c 0 rsyslogd -n -f "$folder/rsyslog.conf" -i "$folder/pid" &
    rsyslog=$!
    until_holds '[ -e counted ]'
    row "rsyslog imfile to omfwd" "$(echo "scale=2; $(cpu_ticks $rsyslog) / 100" | bc)" "$(awk '/VmHWM/ { print $2 }' "/proc/$rsyslog/status")"
    kill $rsyslog
fi
rm run.log

mkdir idle
for n in $(seq 1000); do echo '{"n":1}' >"idle/$n.log"; done
"$logkit" ship idle/*.log --to "$server" --follow 2>/dev/null &
shipper=$!
until_holds '[ "$("$logkit" ship idle/*.log --status --json | grep -c "\"lag_bytes\":0")" = 1000 ]'
before=$(cpu_ticks $shipper)
sleep 20
echo "1,000 idle logs: $(echo "scale=2; ($(cpu_ticks $shipper) - $before) / 20" | bc) % of a CPU, $(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$shipper/status") MiB"
kill $shipper

# 10,000 records a second by a program with a shipper of its own: what its thread takes.
LOG_SHIP=$server LOG_CONSOLE=off LOG_ROTATE_MB=0 "$program" pace 1000000 10 &
writer=$!
until_holds 'grep -q logkit-ship /proc/$writer/task/*/comm'
task=$(grep -l logkit-ship /proc/"$writer"/task/*/comm)
thread_ticks() { awk '{ print $14 + $15 }' "${task%/comm}/stat"; }
sleep 2
before=$(thread_ticks) from=$(wc -l <run.log)
sleep 10
echo "the shipping thread: $(echo "scale=2; ($(thread_ticks) - $before) / 10" | bc) % of a CPU at $((($(wc -l <run.log) - from) / 10)) records/s"
