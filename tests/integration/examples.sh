#!/usr/bin/env bash
# Runs one example and checks its run.log.  examples.sh NAME PROGRAM
set -euo pipefail
rm -f run.log*
arguments=()
[ "$1" != 13_command ] || arguments=("$0" --token hunter2)
LOG_CONSOLE=off "$2" ${arguments[@]+"${arguments[@]}"}

# Each argument is a jq condition on the array of all records.
expect() {
    for condition in "$@"; do
        jq -es "$condition" run.log >/dev/null || { echo "does not hold: $condition"; cat run.log; exit 1; }
    done
}
expect 'length > 0' 'all(.trace_id | test("^[0-9a-f]{32}$"))'

case $1 in
01_hello)
    expect 'map(.event) == ["opened", "3 files skipped", "END"]' \
        '.[0] | .cmd == "reindex" and .user == "ada" and .files == 42 and .bytes == 1234567' \
        '.[1].level == "warning" and .[1].reason == "unreadable"' \
        '.[2] | .span == "reindex" and .rows == 1017 and .status == "success" and .dur_ms >= 0' \
        'map(.span_id) | unique | length == 1' 'map(.trace_id) | unique | length == 1' ;;
02_fields)
    expect '.[0] | .int == -7 and .real == 12.75 and .yes == true' \
        '.[1] | .text == "with \"quotes\" and\nlines" and .null == null and .path == "/var/log"' \
        '.[2] | .waited == 1.5 and .since == "1970-01-01T00:00:00.000000Z"' \
        '.[3] | .list == [1,2,3] and .map.pi == 3.14 and .price == {"amount":12.5,"currency":"EUR"} and .raw.a == [1,2]' \
        '.[4] | .present == 4 and .absent == null and .error.category == "generic"' \
        '.[5] | .password == "***" and .note == "***"' '.[6].lazy == "computed"'
    grep -q '"big":18446744073709551615,' run.log
    ! grep -q hunter2 run.log ;;
03_context)
    expect 'map(.version) | unique == ["1.4.2"]' 'map(select(.order)) | length == 7' \
        'map(select(.event == "charged")) | map([.order, .user, .step]) == [[1,"ben","payment"],[2,"ada","payment"],[3,"ben","payment"]]' \
        'map(select(.event == "shipped")) | all(.user == null and .step == null)' \
        'map(select(.event == "charged").trace_id) | unique | length == 3' \
        '.[-1] | .logger == "db.pool" and .shard == 3 and .order == 3' ;;
04_spans)
    expect 'map(select(.event == "END").span) == ["parse","load","slow","check","import"]' \
        '(map({(.span_id // ""): .}) | add) as $by | .[0].parent_span_id as $p | $by[$p].span == "load"' \
        'map(select(.span == "load" and .event == "END")) | .[0].status == "success" and .[0].chunk == 1' \
        'map(select(.span == "slow"))[0] | .level == "warning" and .dur_ms >= 1' \
        'map(select(.span == "check"))[0] | .level == "error" and .status == "error" and .reason != null and .found == "2e"' \
        'all(.job == "import")' 'map(select(.source == "orders.csv")) | length == 6' ;;
05_exceptions)
    expect 'length == 3' 'all(.exc_info.type == "shop::out_of_stock")' 'all(.exc_info.nested[0].type == "std::out_of_range")' \
        'all(.exc_info.nested[0].what == "shelf 12 is empty")' 'all(.exc_info.stack | length > 0)' \
        '.[0] | .event == "END" and .status == "error" and .item == "tea"' '.[1].retry == false and .[2].retry == true' ;;
06_thread_pool)
    expect 'map(select(.event == "working")) | length == 8' \
        '[.[] | select(.event == "END" and .span == "dispatch") | {(.span_id): .}] | add | length == 4' \
        '([.[] | select(.span == "dispatch") | {(.span_id): .job}] | add) as $jobs | map(select(.span == "work")) | all($jobs[.parent_span_id] == .job)' \
        'map(select(.event == "working")) | all(.thread != null)' ;;
08_coroutine_server)
    expect 'map(select(.span == "request" and .event == "END")) | length == 6' \
        'map(select(.event == "answered") | .answer) | sort == (["0","3","6","12","15","failed"] | sort)' \
        '([.[] | select(.span == "ask" and .event == "END") | {(.span_id): .}] | add) as $asked |
         map(select(.span == "request" and .event == "END")) | all($asked[.parent_span_id] as $a | $a.trace_id == .trace_id and $a.client == .item)' \
        '([.[] | select(.span == "request" and .event == "END") | {(.span_id): .}] | add) as $requests |
         map(select(.span == "query" and .event == "END")) | length == 10 and all($requests[.parent_span_id] as $r | $r.item == .item and $r.trace_id == .trace_id)' \
        'map(select(.event == "END")) | all(.busy_ms <= .dur_ms + 0.01)' \
        'map(select(.status == "error")) | length == 1 and .[0].item == 3 and .[0].exc_info.what == "no item 3"' ;;
10_redaction)
    expect 'map(.customer) | unique | length == 1 and (.[0] | test("^\\*\\*\\*:[0-9a-f]{16}$"))' \
        'map(.url // empty) == ["postgres://shop:***@db.example/shop"]' \
        'map(select(.pin)) | .[0].pin == "***" and .[0].user.main.card == "***"' \
        'map(select(.exc_info.what? == "refused: Authorization: Bearer ***")) | length >= 1'
    ! grep -qE 's3cret|t0ps3cret|1234|4111|acme_0|abcDEF|example\.org' run.log ;;
11_task_worker)
    expect 'map(select(.event == "sent")) | map([.to, .attempt, .task]) | sort == [["ada",1,"send mail"],["grace",3,"send mail"],["joan",1,"send mail"]]' \
        'map(select(.event == "END" and .span == "task" and .status == "error")) | length == 2 and all(.exc_info.what == "mail server is busy")' \
        '([.[] | select(.span == "order" and .event == "END") | {(.span_id): .}] | add) as $orders |
         map(select(.event == "END" and .span == "task")) | length == 5 and all($orders[.parent_span_id].trace_id == .trace_id)' \
        'map(select(.event == "retry") | .next_attempt) == [2,3]' ;;
12_beast_server)
    expect 'map(select(.span == "http.request" and .event == "END")) | map([.request.path, .response.status, .status]) ==
            [["/items",200,"success"],["/nowhere",404,"success"],["/broken",500,"error"],["/items",200,"success"]]' \
        'map(select(.response.status == 500))[0].exc_info.what == "the table is gone"' \
        'map(.trace_id) | unique | length == 4' \
        '([.[] | select(.span == "http.request" and .event == "END") | {(.span_id): .}] | add) as $requests |
         map(select(.event == "found")) | length == 3 and all($requests[.span_id].request_id == .request_id)' ;;
13_command)
    expect 'map(select(.event == "END").span) == ["count","command"]' '.[1].lines > 50' \
        '.[-1] | .exit_status == 0 and .status == "success" and .arguments[1:] == ["--token","***"]'
    ! grep -q hunter2 run.log
    ! "$2" /nowhere 2>said
    grep -q 'cannot open /nowhere' said
    ! "$2" --wrong >/dev/null 2>&1
    expect 'map(select(.span == "command" and .event == "END") | .exit_status) | .[1] == 1 and .[2] > 1' ;;
*) echo "no checks for $1"; exit 1 ;;
esac
