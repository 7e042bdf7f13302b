#!/usr/bin/env bash
# The main job on real requests: starts the HTTP service, sends it a few hundred, and reads what it logged.
#   demo.sh FOLDER_OF_THE_EXAMPLES LOGKIT
set -euo pipefail
service=$(realpath "$1")/example_07_http_service
logkit=$(realpath "$2")
folder=$(mktemp -d)
cd "$folder"
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "── An HTTP service logs to the console (for people) and to $folder/run.log (for machines)"
LOG_CONSOLE=stderr FORCE_COLOR=1 "$service" 0 >port.txt 2>console.txt &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
for _ in $(seq 100); do [ -s port.txt ] && break; sleep 0.05; done
url=http://127.0.0.1:$(cat port.txt)

say "── 300 requests: most are fine, some name what is not there, some take what is not left, some ask a second service"
for i in $(seq 100); do
    case $((i % 20)) in
    7) item=gold ;;
    *) item=tea ;;
    esac
    printf 'url = "%s/items/%s"\noutput = "/dev/null"\n' "$url" "$item"
    printf 'next\nurl = "%s/items/%s/take"\nheader = "X-User: ada"\nheader = "Content-Type: application/json"\n' "$url" "$([ $((i % 10)) = 3 ] && echo milk || echo tea)"
    printf 'data = "{\\"why\\":\\"tea time\\",\\"card\\":\\"4111 1111 1111 1111\\",\\"password\\":\\"not-for-the-log\\"}"\noutput = "/dev/null"\nnext\n'
    printf 'url = "%s/offers/tea"\nheader = "Authorization: Bearer not-for-the-log"\noutput = "/dev/null"\n' "$url"
    [ "$i" = 100 ] || echo next
done >requests.txt
curl -s --config requests.txt
curl -s -o /dev/null -d '' "$url/quit"
wait $pid

say "── The console: the last lines"
tail -n 18 console.txt | cut -c1-200

say "── run.log: $(wc -l <run.log) records, one JSON object each; the last three"
tail -n 3 run.log

say "── What happened?   logkit digest --max-tokens 700"
"$logkit" digest --max-tokens 700
say "── The last failure, followed back through its trace   logkit trace --last-error"
"$logkit" trace --last-error --color always
say "── A failed request by hand: one record, with its body (secrets masked), its user and what was thrown   jq"
jq -c 'select(.span == "http.request" and .status == "error" and .request.user != null) | {timestamp, request, response, request_id, dur_ms, exc_info: {type: .exc_info.type, what: .exc_info.what}}' run.log | tail -n 1
say "── One trace through two services: an offer asks for the item's stock   logkit trace"
"$logkit" trace "$(jq -r 'select(.span == "http.request" and .request.route == "/offers/:item") | .trace_id' run.log | tail -n 1)" --color always
! grep -q -e not-for-the-log -e '4111 1111' run.log
say "── The log leaves the machine: logkit serve stores it; service, shipper and server are killed in the middle"
trap 'kill -9 $pid $server $shipper 2>/dev/null || true' EXIT
listen=127.0.0.1:0
start_server() {
    "$logkit" serve --data store --listen "$listen" >greeting.txt &
    server=$!
    for _ in $(seq 100); do grep -q 'what is there' greeting.txt && break; sleep 0.05; done
    server_url=$(grep -o 'http://[0-9.:]*' greeting.txt | head -n 1)
    listen=${server_url#http://}
}
start_server
cat greeting.txt
"$logkit" ship run.log --to "$server_url" &
shipper=$!
for _ in $(seq 100); do [ -n "$(ls -A store/segments 2>/dev/null)" ] && break; sleep 0.05; done
kill -9 $server $shipper
wait $server $shipper 2>/dev/null || true
LOG_CONSOLE=off "$service" 0 >port.txt &
pid=$!
for _ in $(seq 100); do [ -s port.txt ] && break; sleep 0.05; done
for _ in $(seq 50); do curl -s -o /dev/null "http://127.0.0.1:$(cat port.txt)/items/tea"; done
kill -9 $pid
wait $pid 2>/dev/null || true
"$logkit" ship run.log --status
start_server
"$logkit" ship run.log --once --to "$server_url"
"$logkit" ship run.log --status
kill -9 $server
wait $server 2>/dev/null || true
start_server
written=$(cat run.log | wc -l) stored=$(curl -s -H 'Accept: application/x-ndjson' "$server_url/api/logs?limit=100000" | wc -l)
echo "in the log: $written records, in the store: $stored"
[ "$written" = "$stored" ]
kill $server
wait $server
say "── The store, as the command reads it   logkit digest store/segments/*.zst --max-tokens 300"
"$logkit" digest store/segments/*.zst --max-tokens 300
say "── Done. The log is $folder/run.log"
