#!/usr/bin/env bash
# The HTTP service under real requests.  http_service.sh PROGRAM
set -euo pipefail
rm -f run.log*
coproc service { LOG_CONSOLE=off exec "$1" 0; }
pid=$service_PID
trap 'kill $pid 2>/dev/null || true' EXIT
read -r port <&"${service[0]}"
url=http://127.0.0.1:$port
get() { curl -s -o /dev/null -w '%{http_code}' "$@"; }

[ "$(get "$url/items/tea")" = 200 ]
[ "$(get "$url/items/gold")" = 404 ]
[ "$(get -d '' -X POST "$url/items/milk/take")" = 200 ]
[ "$(get -d '' -X POST "$url/items/milk/take")" = 200 ]
[ "$(get -d '' -X POST "$url/items/milk/take")" = 500 ]
trace=4bf92f3577b34da6a3ce929d0e0e4736
curl -s -D headers.txt -o /dev/null -H "traceparent: 00-$trace-00f067aa0ba902b7-01" -H 'Authorization: Bearer tops3cret' "$url/items/tea"
grep -qi "^traceparent: 00-$trace-" headers.txt

# Load: every request is a trace of its own, however many arrive at once.
if command -v wrk >/dev/null; then
    wrk -t2 -c8 -d1s "$url/items/tea" >wrk.txt
else
    for _ in $(seq 50); do get "$url/items/tea" >/dev/null & done
    wait $(jobs -p | grep -v "^$pid$") || true
fi
curl -s -d '' -X POST "$url/quit" >/dev/null
wait $pid

cat run.log.[0-9] run.log >all.log 2>/dev/null || cp run.log all.log
expect() { jq -es "$1" all.log >/dev/null || { echo "does not hold: $1"; tail -5 all.log; exit 1; }; }
expect 'all(.trace_id != null)'
expect 'map(select(.http_status == 404)) | length == 1'
expect 'map(select(.event == "END" and .span == "http.request" and .status == "error")) | length == 2'
expect 'map(select(.exc_info.type == "std::runtime_error"))[0] | .exc_info.nested[0].type == "std::out_of_range" and .path == "/items/milk/take"'
expect 'map(select(.trace_id == "'$trace'" and .span == "http.request" and .event == "END"))[0].parent_span_id == "00f067aa0ba902b7"'
# Each trace holds the records of exactly one request, in their order.
expect 'map(select(.method != null)) | group_by(.trace_id) | all(map(select(.event == "answered")) | length == 1)'
expect 'map(select(.method != null and .event == "END" and .span == "db.query")) | length > 50'
! grep -q tops3cret all.log
grep -q '"authorization":"\*\*\*"' all.log
