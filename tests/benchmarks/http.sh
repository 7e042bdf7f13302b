#!/usr/bin/env bash
# What middleware costs a server: throughput of wrk with it and without, in pairs.   http.sh BENCH_HTTP [PAIRS [SECONDS]]
set -euo pipefail
bench=$(realpath "$1") pairs=${2:-8} seconds=${3:-4}
cd "$(mktemp -d)"
export LOG_CONSOLE=off
"$bench" price
rate() {
    coproc server { exec "$bench" "$1"; }
    read -r port <&"${server[0]}"
    wrk -t1 -c4 -d"${seconds}s" "http://127.0.0.1:$port/work" | awk '/Requests\/sec/ {print $2}'
    echo >&"${server[1]}"
    wait "$server_PID" 2>/dev/null || true
}
for i in $(seq "$pairs"); do
    if [ $((i % 2)) = 0 ]; then bare=$(rate bare) logged=$(rate logged); else logged=$(rate logged) bare=$(rate bare); fi
    echo "$bare $logged" | awk '{printf "bare %s logged %s requests/s: %.3f\n", $1, $2, $2 / $1; print $2 / $1 >> "ratios"}'
    rm -f run.log*
done
sort -n ratios | awk '{r[NR] = $1} END {print "median ratio", NR % 2 ? r[(NR + 1) / 2] : (r[NR / 2] + r[NR / 2 + 1]) / 2}'
