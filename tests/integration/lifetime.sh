#!/usr/bin/env bash
# lifetime.sh PROGRAM [THREADS]: what is in the log after processes that begin and end in odd ways.
set -euo pipefail
program=$1
export LOG_CONSOLE=off LOG_JOURNAL=$PWD/journals  # of this run alone: what an earlier one left is not ours
fresh() { rm -rf run.log* sub other.log journals; }
fail() { echo "$1"; [ -f run.log ] && tail -5 run.log; exit 1; }
events() { jq -r .event "${1:-run.log}" | paste -sd'|'; }

fresh; "$program" nothing
[ ! -e run.log ] || fail "a program that logs nothing makes no file"

fresh; "$program" quick
[ "$(events)" = "and then the program ends at once" ] || fail "the last record before exit"

fresh; "$program" late
[ "$(events)" = "main|thread|thread_local destructor|thread-specific destructor|static destructor" ] || fail "destructors: $(events)"

forks=0
fresh; "$program" forks || forks=$?
if [ $forks != 77 ]; then
[ $forks = 0 ] || fail "fork: exit status"
[ "$(grep -c '"event":"before"' run.log)" = 1 ] || fail "a child repeats its parent's record"
[ "$(jq -s 'map(select(.event == "in the child" and .who == "child")) | length' run.log)" = 20 ] || fail "children"
[ "$(jq -s 'map(select(.event == "in the parent" and .who == "parent")) | length' run.log)" = 20 ] || fail "the parent"
[ "$(jq -s 'map(select(.who == "child").trace_id) | unique | length' run.log)" = 20 ] || fail "children share ids"
fi

threads=${2:-100000}
fresh; LOG_BACKUPS=100 "$program" churn "$threads" || fail "memory grows with the number of threads"
[ "$(cat run.log* | grep -c '"event":"churn"')" = "$threads" ] || fail "records of short threads"

# The environment: every row of the table, from outside.
fresh; LOG_PROFILE=prod "$program" environment
[ "$(events)" = "kept" ] || fail "LOG_PROFILE=prod"
fresh; LOG_LEVEL=trace LOG_FILE=sub/dir/other.log "$program" environment
[ "$(events sub/dir/other.log)" = "kept|debug" ] || fail "LOG_LEVEL, LOG_FILE"
fresh; LOG_MODE=sync LOG_SERVICE=shop "$program" environment
[ "$(jq -r .service run.log | sort -u)" = shop ] || fail "LOG_MODE, LOG_SERVICE"
fresh; LOG_FILE= LOG_CONSOLE=stdout LOG_PROFILE=prod "$program" environment >out.txt
[ ! -e run.log ] && [ "$(events out.txt)" = kept ] || fail "no file, JSON console"
fresh; LOG_CONSOLE=stderr FORCE_COLOR=1 "$program" environment 2>err.txt
grep -q $'\x1b\\[1mkept' err.txt || fail "colour when forced"
fresh; LOG_CONSOLE=stderr "$program" environment 2>err.txt
! grep -q $'\x1b' err.txt || fail "colour without a terminal"
fresh; LOG_SAMPLE=lots LOG_RING_KB=7 "$program" environment 2>err.txt
[ "$(grep -c 'cannot be used; using' err.txt)" = 2 ] || fail "a line on stderr for each problem"
[ "$(jq -s 'map(select(.event == "setting cannot be used")) | length' run.log)" = 2 ] || fail "a warning record for each problem"

# A folder that cannot be written to: said once, and the program goes on.
fresh; LOG_FILE=/proc/nowhere/run.log "$program" environment 2>err.txt || fail "exit status"
[ "$(grep -c 'cannot open "/proc/nowhere/run.log"' err.txt)" = 1 ] || fail "cannot open: said once"

# A disk that is full: said, no crash, and what was written is whole lines (the last may wait for room).
fresh; timeout 60 "$program" full-disk 2>err.txt || fail "full disk: exit status"
grep -q 'cannot write ".*run.log": File too large; trying again' err.txt || fail "full disk: said"
head -n -1 run.log | jq -e . >/dev/null || fail "full disk: lines"
