#!/usr/bin/env bash
# crash.sh PROGRAM [LOGKIT_COMMAND]: what is in the log of processes that died, at once and after the next process's recovery.
set -euo pipefail
program=$1
export LOG_CONSOLE=off LOG_JOURNAL=$PWD/journals LOG_FILE=crash.log
ulimit -c 0
fail() { echo "$1"; [ -f crash.log ] && tail -3 crash.log; exit 1; }
# run WAY: the exit status in $status, recovered records and all in crash.log
run() {
    rm -rf crash.log* journals
    status=0
    "$program" "$1" >out.txt 2>err.txt || status=$?
}
count() { jq -s "map(select($1)) | length" crash.log; }

for way in segv:139:SIGSEGV abrt:134:SIGABRT fpe:136:SIGFPE ill:132:SIGILL bus:135:SIGBUS overflow:139:SIGSEGV sent:139:SIGSEGV; do
    IFS=: read -r name exit_status signal <<<"$way"
    run "$name"
    [ $status = "$exit_status" ] || fail "$name: exit status $status"
    [ "$(count '.event == "before"')" = 100 ] || fail "$name: the records before"
    [ "$(count '.level == "critical" and .event == "fatal signal"')" = 1 ] || fail "$name: the last record"
    [ "$(jq -r 'select(.level == "critical") | .exc_info.type + " " + .signal + " " + .way' crash.log)" = "$signal $signal $name" ] || fail "$name: what it says"
    [ "$(jq 'select(.level == "critical") | .exc_info.stack | length' crash.log)" -gt 0 ] || fail "$name: no stack"
done
run thread
[ $status = 139 ] || fail "thread: exit status $status"
[ "$(jq -r 'select(.level == "critical") | .who + " " + .span' crash.log)" = "helper in a thread" ] || fail "thread: its context"
[ "$(jq -r 'select(.level == "critical") | has("thread")' crash.log)" = true ] || fail "thread: which"
run thread_overflow
[ "$(count '.level == "critical"')" = 1 ] || fail "overflow in a thread"

for way in uncaught terminate; do
    run $way
    [ $status = 134 ] || fail "$way: exit status $status"
    [ "$(count '.level == "critical"')" = 1 ] || fail "$way: one last record"
    [ "$(count '.event == "before"')" = 100 ] || fail "$way: the records before"
done
run uncaught
[ "$(jq -r 'select(.level == "critical") | .exc_info.what' crash.log)" = "nobody catches this" ] || fail "uncaught: exc_info"
grep -q "terminate called" err.txt || fail "the previous terminate handler ran"

# The program's own handler stays; a setting turns ours off.
run own_handler
[ $status = 9 ] || fail "own handler: $status"
LOG_FATAL=off run segv
[ $status = 139 ] || fail "LOG_FATAL=off: $status"

# What was accepted is there after the next start, once, whatever the end.
for way in kill _exit quick_exit exec static; do
    run $way
    LOG_CONSOLE=off "$program" hello >/dev/null
    [ "$(count '.event == "before" and .way == "'$way'"')" = 100 ] || fail "$way: the records before"
    [ "$(jq -s 'map(select(.event == "before" and .way == "'$way'").i) | unique | length' crash.log)" = 100 ] || fail "$way: twice"
    [ -z "$(ls journals)" ] || fail "$way: a journal is left"
done
run kill
"$program" hello
[ "$(count '.event == "END" and .status == "aborted" and .recovered and .span == "dying" and .n == 1')" = 1 ] || fail "the open span"
run static
"$program" hello
[ "$(count '.event == "in a static destructor"')" = 1 ] || fail "the record of a static destructor"
run daemon
for _ in $(seq 200); do grep -q '"event":"after all"' crash.log && break; sleep 0.05; done
"$program" hello
[ "$(count '.event == "before" and .way == "daemon"')" = 100 ] || fail "daemon: the parent's records"
[ "$(count '.event == "after all" and .way == "daemon"')" = 1 ] || fail "daemon: the child's record"
if unshare -p -f --mount-proc true 2>/dev/null; then  # another process has that number here
    rm -rf crash.log* journals
    unshare -p -f --mount-proc "$program" kill 2>/dev/null || true
    "$program" hello
    [ "$(count '.event == "before" and .way == "kill"')" = 100 ] || fail "a process of another pid namespace"
fi

# By the command instead of the next process.
if [ -n "${2:-}" ]; then
    run kill
    "$2" recover crash.log | grep -q "^1 journals, [0-9]* records recovered, 1 open spans ended, 0 journals damaged" || fail "logkit recover FILE"
    [ "$(count '.event == "before"')" = 100 ] || fail "logkit recover: the records"
    run kill
    "$2" recover journals >/dev/null || fail "logkit recover FOLDER"
    [ "$(count '.event == "before"')" = 100 ] || fail "logkit recover FOLDER: the records"
    mkdir -p journals && echo nonsense >journals/logkit-0-0-0.journal
    status=0; "$2" recover journals >/dev/null 2>err.txt || status=$?
    [ $status = 1 ] && [ -e journals/logkit-0-0-0.journal.bad ] || fail "logkit recover: a damaged journal"
    status=0; "$2" nonsense 2>/dev/null || status=$?
    [ $status = 2 ] || fail "logkit: wrong usage"
fi
echo "ways to die: all as they should be"
