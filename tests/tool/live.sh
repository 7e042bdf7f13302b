#!/usr/bin/env bash
# What lives: -f through rotation, `run` and its recovery, and a terminal (tmux) with pager and colours.
#   live.sh LOGKIT CRASH EXAMPLE
set -euo pipefail
here=$(realpath "$(dirname "$0")")
logkit=$(realpath "$1") crash=$(realpath "$2") example=$(realpath "$3")
rm -rf work && mkdir work && cd work
export TZ=UTC LC_ALL=C.UTF-8 TERM=xterm-256color
unset LOG_FILE NO_COLOR FORCE_COLOR PAGER
record() { printf '{"timestamp":"2026-11-21T12:00:00.%06dZ","level":"info","event":"number %d","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","n":%d,"src":"x.cpp:1"}\n' "$1" "$1" "$1"; }
# Waits until a command holds; a minute is far more than it takes.
until_holds() { for _ in $(seq 600); do if eval "$1"; then return 0; fi; sleep 0.1; done; echo "live: never held: $1"; return 1; }

# Following: what was there, what comes, what comes in pieces, through two rotations at once, and a truncation.
for i in 1 2 3; do record $i; done >run.log
"$logkit" tail -f -n 2 --json run.log >followed.txt 2>/dev/null &
follower=$!
trap 'kill $follower 2>/dev/null || true; tmux -L "logkit_$$" kill-server 2>/dev/null || true' EXIT
until_holds '[ "$(wc -l <followed.txt)" = 2 ]'
record 4 >>run.log
record 5 | head -c 40 >>run.log
until_holds 'grep -q "number 4" followed.txt'
! grep -q "number 5" followed.txt
record 5 | tail -c +41 >>run.log
until_holds 'grep -q "number 5" followed.txt'
kill -STOP $follower
record 6 >>run.log && mv run.log run.log.1 && record 7 >run.log && mv run.log.1 run.log.2 && mv run.log run.log.1 && record 8 >run.log
kill -CONT $follower
until_holds 'grep -q "number 8" followed.txt'
: >run.log
until_holds '[ ! -s run.log ]' && sleep 1.2
record 9 >>run.log
until_holds 'grep -q "number 9" followed.txt'
[ "$(jq -r .n followed.txt | tr '\n' ' ')" = "2 3 4 5 6 7 8 9 " ]
kill $follower
# What comes through a pipe is shown when it comes, also beside another log; a pipe that has ended is not followed.
mkfifo coming
for others in "" "run.log.2"; do
    : >shown.txt
    "$logkit" show --json - $others <coming >shown.txt 2>/dev/null &
    follower=$!
    exec 9>coming
    [ -z "$others" ] || printf '{"event":"late","timestamp":"2026-11-22T12:00:00Z"}\n' >&9
    record 90 >&9
    until_holds 'grep -q "number [0-9]" shown.txt'
    exec 9>&-
    wait $follower
    grep -q "number 90" shown.txt
done
record 91 | timeout 20 "$logkit" tail -f --json | grep -q "number 91"
# A record that is half written when following begins is read whole.
record 10 | head -c 50 >half.log
"$logkit" tail -f --json half.log >followed.txt 2>/dev/null &
follower=$!
record 10 | tail -c +51 >>half.log
until_holds 'grep -q "number 10" followed.txt'
kill $follower

# A writer that is still on the renamed file; a file that is cut and then longer than before; one that appears later;
# a new one that matches a pattern; a renamed one that does, too. Each record comes once.
mkdir follow && cd follow
numbers() { jq -r .n "$1" | tr '\n' ' '; }
record 1 >a.log
"$logkit" tail -f --json --log '*.log' --log late.json >followed.txt 2>err.txt &
follower=$!
until_holds 'grep -q "number 1\"" followed.txt' && grep -q 'waiting for late.json' err.txt
exec 3>>a.log
mv a.log a.old.log && record 2 >a.log
until_holds 'grep -q "number 2\"" followed.txt'
record 3 >&3
until_holds 'grep -q "number 3\"" followed.txt'
exec 3>&-
kill -STOP $follower
cp a.log a.log.1 && : >a.log && for i in 4 5 6; do record $i; done >>a.log
kill -CONT $follower
until_holds 'grep -q "number 6\"" followed.txt'
record 7 >late.json
record 8 >b.log
until_holds 'grep -q "number 8\"" followed.txt && grep -q "number 7\"" followed.txt'
printf '{"level":"error","msg":"without an end","n":9}' >>b.log
until_holds 'grep -q "without an end" followed.txt'
# In one write: bash's own printf makes one of each line, and a pause between them would end the text. Nothing comes
# behind it before it is there.
printf '\npanic: no order\n\ngoroutine 1 [running]:\nmain.pack()\n\t/src/pack.go:8\n' >panic.txt
cat panic.txt >>b.log
until_holds 'grep -q "pack.go:8" followed.txt'
record 10 >>b.log
until_holds 'grep -q "number 10\"" followed.txt'
kill $follower
[ "$(numbers followed.txt | tr ' ' '\n' | grep -v null | sort -n | xargs)" = "1 2 3 4 5 6 7 8 9 10" ]
[ "$(grep -c 'panic: no order' followed.txt)" = 1 ] && grep 'panic: no order' followed.txt | grep -q 'pack.go:8'
cd ..

# A program that succeeds: its output is its own, its log is shown, its status is ours.
mkdir good && cd good
status=0
"$logkit" run -- sh -c 'echo from the program; exit 7' >out.txt 2>err.txt || status=$?
[ "$status" = 7 ] && [ "$(cat out.txt)" = "from the program" ]
# What it prints is read, too: a record in JSON, and a traceback. And it ends when nobody reads what it prints.
"$logkit" run -- sh -c 'echo "{\"level\":\"error\",\"msg\":\"printed\"}"; printf "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 1\n" >&2; exit 1' >out.txt 2>err.txt || true
grep -q '"msg":"printed"' out.txt && grep -q 'x1 ⟦printed⟧' err.txt && grep -q 'threw ⟦KeyError⟧' err.txt && grep -q 'Failures: 2 of 2 kinds' err.txt
[ "$({ timeout 20 "$logkit" run -q -- yes 2>/dev/null || echo $? >status.txt; } | head -n 1)" = y ] && [ "$(cat status.txt)" = 141 ] # SIGPIPE
"$logkit" run --file here.log -- "$example" >out.txt 2>err.txt || true
grep -q 'END' err.txt && grep -q '^logkit digest' err.txt && grep -q '# Failures: [1-9]' err.txt && [ -s here.log ]
status=0
"$logkit" run -- ./no-such-program 2>err.txt || status=$?
[ "$status" = 127 ] && grep -q 'cannot run' err.txt
cd ..
# One that is killed: what it had accepted is recovered, told, and its signal is in the status.
mkdir dead && cd dead
status=0
"$logkit" run -- "$crash" kill >out.txt 2>err.txt || status=$?
[ "$status" = 137 ]
grep -q 'killed by signal 9' err.txt && grep -q 'records of the dead process were recovered' err.txt && grep -q '^logkit digest' err.txt
[ "$("$logkit" show --json recovered=true | wc -l)" -gt 0 ]
"$logkit" verify --json | jq -e '.invalid == 0' >/dev/null
cd ..

for i in $(seq 500); do record "$i"; done >long.log
# lnav knows a record's parts by the format that is shipped.
if command -v lnav >/dev/null; then
    mkdir home
    HOME=$PWD/home lnav -i "$here/../../tools/lnav/logkit.json" >/dev/null
    HOME=$PWD/home lnav -n long.log | tr -s ' ' >lnav.txt
    grep -qx '2026-11-21T12:00:00.000 INFO number 2 x.cpp:1' lnav.txt && grep -qx ' n: 2' lnav.txt
fi

# On a terminal: colours, a pager, and back.
command -v tmux >/dev/null || exit 0
tmux -L "logkit_$$" -f /dev/null new-session -d -x 100 -y 30 "PS1='ready> ' bash --norc"
screen() { tmux -L "logkit_$$" capture-pane -p; }
at_prompt() { screen | grep -v '^$' | tail -n 1 | grep -q ready; }
styled() { tmux -L "logkit_$$" capture-pane -p -e; }
until_holds 'screen | grep -q ready'
tmux -L "logkit_$$" send-keys "'$logkit' show long.log" Enter
until_holds 'screen | grep -q "number 20 "'
styled | grep -q $'\e\\[1mnumber 20' # in bold
! screen | grep -q "number 400"
tmux -L "logkit_$$" send-keys G
until_holds 'screen | grep -q "number 500"'
tmux -L "logkit_$$" send-keys q
until_holds 'at_prompt'
tmux -L "logkit_$$" send-keys "clear; NO_COLOR=1 '$logkit' show --no-pager long.log -n 2; echo done" Enter
until_holds 'screen | grep -q "^done"'
! styled | grep -q $'\e\\[1mnumber'
tmux -L "logkit_$$" send-keys "clear; '$logkit' tail -f -n 1 long.log" Enter
until_holds 'screen | grep -q "number 500"'
record 777 >>long.log
until_holds 'screen | grep -q "number 777"'
tmux -L "logkit_$$" send-keys C-c
until_holds 'at_prompt'
echo "it follows, runs, recovers, and behaves on a terminal"
