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
[ "$(get -d '{"why":"tea time","password":"hunter2"}' -H 'Content-Type: application/json' -H 'X-User: ada' "$url/items/milk/take")" = 500 ]
[ "$(get "$url/offers/tea")" = 200 ]
[ "$(get "$url/offers/gold")" = 404 ]
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
expect 'map(select(.span == "http.request" and .response.status == 404)) | length == 3 and all(.status == "error")'
expect 'map(select(.span == "http.request" and .request.path == "/quit")) | length == 0'
expect 'map(select(.span == "http.request" and .response.status == 500))[0] | .request.route == "/items/:item/take" and .request.user == "ada"
        and .request.body == {"why":"tea time","password":"***"} and .exc_info.type == "std::runtime_error"
        and .exc_info.nested[0].type == "std::out_of_range" and .response.body == "sorry" and .request_id != null'
expect 'map(select(.trace_id == "'$trace'" and .span == "http.request" and .event == "END"))[0].parent_span_id == "00f067aa0ba902b7"'
# An offer asks for the item: one trace through both, each inside of the one that asked. (Who is asked may tell its END
# later than who asked: it does so when its answer is with him already.)
expect 'map(select(.span == "http.request" and .request.path == "/offers/tea"))[0] as $offer | map(select(.trace_id == $offer.trace_id and .event == "END"))
        | length == 4 and (map(select(.span == "http.client"))[0]) as $asks | (map(select(.request.path == "/items/tea"))[0]) as $asked
        | (map(select(.span == "db.query"))[0]) as $query
        | $asks.parent_span_id == $offer.span_id and $asked.parent_span_id == $asks.span_id and $query.parent_span_id == $asked.span_id'
# Each trace holds the records of exactly one request, in their order.
expect 'map(select(.span == "http.request" and .request.route == "/items/:item" and .event == "END")) | length > 50'
expect 'map(select(.event == "END" and .span == "db.query")) | length > 50'
expect 'group_by(.trace_id) | all(map(select(.span == "http.request" and .event == "END" and (.request.path | startswith("/items")))) | length <= 1)'
! grep -q -e tops3cret -e hunter2 all.log
