#!/usr/bin/env bash
# Commands: what they log, what they print, and how they end.   command.sh COMMAND CATCH2_SAMPLE
set -u
command=$1 sample=$2
failed=0
export LOG_CONSOLE=off
unset LOG_FILE LOG_JOURNAL TRACEPARENT
expect() { [ "$2" = "$3" ] || { echo "$name: $1: expected $3, got $2"; failed=1; }; }
end() { jq -c "select(.event == \"END\") | [$1]" run.log; }
begin() { name=$1; rm -rf "$name"; mkdir "$name"; cd "$name" || exit 1; }

begin returns
"$command" returns 0 --password=hunter2 --token -abc --verbose x; expect status $? 0
expect END "$(end '.span, .status, .level, .exit_status, .command')" '["command","success","info",0,"command"]'
expect arguments "$(end '.arguments[]')" '["returns","0","--password=***","--token","***","--verbose","x"]'
expect "one trace" "$(jq -r .trace_id run.log | sort -u | wc -l)" 1
expect "under the span" "$(jq -r .span_id run.log | sort -u | wc -l)" 1
cd ..
begin fails
"$command" returns 3; expect status $? 3
expect END "$(end '.status, .level, .exit_status')" '["error","error",3]'
cd ..
begin nothing
"$command" nothing; expect status $? 0
expect END "$(end '.exit_status')" '[0]'
cd ..
begin twice
"$command" twice; expect status $? 0
expect END "$(end '.exit_status')" $'[0]\n[0]'
cd ..
begin throws
said=$("$command" throws 2>&1); expect status $? 1
expect said "$said" "command: no such file"
expect END "$(end '.status, .exit_status, .exc_info.type, .exc_info.what')" '["error",1,"std::runtime_error","no such file"]'
cd ..
begin throws_odd
said=$("$command" throws_odd 2>&1); expect status $? 1
expect said "$said" "command: unknown exception"
expect END "$(end '.exc_info.type')" '["int"]'
cd ..
for deed in exits exits_elsewhere; do
    begin $deed
    "$command" $deed 7; expect status $? 7
    expect END "$(end '.status, .exit_status')" '["error",7]'
    cd ..
done
for deed in ignores handles forks child_exits waits_for_signals; do
    begin $deed
    "$command" $deed; expect status $? 0
    expect END "$(end '.status')" '["success"]'
    cd ..
done
for signal in TERM INT HUP; do
    begin "dies of $signal"
    mkfifo ready
    set -m  # a shell without job control starts its children with SIGINT ignored
    "$command" waits >ready &
    set +m
    exec 3<ready
    read -r _ <&3
    kill -$signal $!
    wait $! 2>/dev/null
    expect status $? $((128 + $(kill -l $signal)))
    expect "goes on" "$(cat <&3)" ''
    exec 3<&-
    expect END "$(end '.status, .level, .reason')" "[\"aborted\",\"warning\",\"SIG$signal\"]"
    cd ..
done
begin child_returns
timeout 20 "$command" child_returns; expect status $? 143
expect END "$(end '.status, .reason' | sort -u)" '["aborted","SIGTERM"]'
cd ..
begin inherits
TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 "$command" nothing
expect trace "$(jq -r .trace_id run.log | sort -u)" 0af7651916cd43dd8448eb211c80319c
cd ..

begin catch2
"$sample" >/dev/null && failed=1
expect tests "$(end '.span, .status, .test_case, .failed')" \
    $'["test","success","adds",0]\n["test","error","fails",1]\n["test","error","throws",1]'
expect failure "$(jq -c 'select(.event == "assertion failed") | [.level, .test_case, .expression, .expansion, .src]' run.log | head -n 1)" \
    '["error","fails","CHECK( sum(1, 1) == 3 )","2 == 3","catch2_sample.cpp:18"]'
expect exception "$(jq -c 'select(.event == "assertion failed") | .message' run.log | tail -n 1)" '"broken"'
expect "what a test logs" "$(jq -c 'select(.event == "summed") | .test_case' run.log | sort | uniq -c | tr -s ' ')" $' 1 "adds"\n 1 "fails"'
exit $failed
