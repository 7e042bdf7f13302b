#!/usr/bin/env bash
# What other people's programs do to a logger, and what must come of it. Each case runs in a folder of its own, with a
# limit of time that a hang would exceed.   hosts.sh FOLDER-OF-PROGRAMS LOGKIT-COMMAND [CASE…]
set -u
programs=$1 command=$2
shift 2
host=$programs/host
failed=0 passed=0 skipped=0
export LOG_CONSOLE=off
unset LOG_FILE LOG_JOURNAL LOG_MODE

complain() { echo "$name: $*"; is_good=0; }
expect() { [ "$2" = "$3" ] || complain "$1: expected $3, got $2"; }
# How many records of that event, in the log and all that it was rotated to; each must be JSON.
count() { cat run.log* 2>/dev/null | jq -r --arg e "$1" 'select(.event == $e) | 1' | wc -l; }
within() { timeout --foreground -s KILL "$@"; }
skip() { echo "$name: skipped, $*"; is_skipped=1; }
is_root() { [ "$(id -u)" = 0 ]; }

# ── sinks, locks, disks ──
case_console_that_nobody_reads() {
    for mode in async sync; do
        ( LOG_MODE=$mode LOG_CONSOLE=stderr within 10 "$host" say 5000 2>&3 | cat >out ) 3> >(sleep 3)
        expect accepted "$(jq .accepted out)" 5000
        expect "a long call" "$(jq '.longest > 1' out)" false
        expect records "$(count n)" 5000
        expect "what a static destructor logs" "$(count 'static destructor')" 1
        rm -f run.log*
    done
}
case_console_is_a_pipe_that_does_not_block() {
    ( LOG_CONSOLE=stderr within 10 bash -c 'exec "$0" say 5000' "$host" 2>&3 >out ) 3> >(sleep 3)
    expect records "$(count n)" 5000
}
case_console_is_a_stopped_terminal() {
    tmux -L hosts-$$ -f /dev/null new-session -d -x 80 -y 20 "LOG_CONSOLE=stderr $host say 20000 >out; echo done >ended" || return
    tmux -L hosts-$$ send-keys C-s
    for _ in $(seq 100); do [ -e ended ] && break; sleep 0.1; done
    tmux -L hosts-$$ kill-server 2>/dev/null
    expect ended "$([ -e ended ] && echo yes)" yes
    expect records "$(count n)" 20000
}
case_fork_while_nobody_reads_the_console() {
    ( LOG_CONSOLE=stderr within 10 "$host" fork 3000 2>&3 | cat >out ) 3> >(sleep 3)
    expect "what the child says" "$(jq .accepted out)" 0
    expect "a long fork" "$(jq '.longest > 3' out)" false
    expect records "$(count n)" 3000
    expect child "$(count 'in the child')" 1
}
case_sink_that_never_returns() {
    within 30 "$host" stuck_sink 20000 >out 2>err || complain "exit $?"
    expect accepted "$(jq -s '.[0].accepted' out)" 20000
    expect "a long call" "$(jq -s '.[0].longest > 1' out)" false
    expect "the other sink" "$(tail -n 1 out)" 20000
    expect records "$(count n)" 20000
}
case_lock_held_by_somebody_else() {
    : >run.log
    (exec 9<>run.log; flock 9; exec sleep 60) &
    for _ in $(seq 100); do flock -n run.log true || break; sleep 0.02; done
    within 20 "$host" say 100000 >out 2>err
    expect "calls that waited anew" "$(jq '.longest < 6' out)" true
    expect "losses are counted" "$(jq '.accepted + .dropped' out)" 100000
    kill $!
    wait $! 2>/dev/null
    "$host" hello 2>/dev/null
    expect "what was accepted" "$(count n)" "$(jq .accepted out)"
}
case_sharer_that_is_stopped() {
    STALL=stalled LD_PRELOAD=$programs/stall.so "$host" say_quietly 10 >/dev/null 2>&1 &
    other=$!
    wait $other
    : >stalled
    STALL=stalled LD_PRELOAD=$programs/stall.so "$host" say_quietly 10 >/dev/null 2>&1 &
    other=$!
    for _ in $(seq 100); do flock -n run.log true || break; sleep 0.05; done
    kill -STOP $other
    within 20 "$host" say 1000 >out 2>err
    expect accepted "$(jq .accepted out)" 1000
    rm stalled
    kill -CONT $other
    wait $other 2>/dev/null
    "$host" hello 2>/dev/null
    expect records "$(count n)" 1020
}
case_disk_that_hangs() {
    : >stalled
    (sleep 9; rm stalled) &
    STALL=stalled LD_PRELOAD=$programs/stall.so within 30 "$host" say 100000 >out 2>err
    expect "calls that waited anew" "$(jq '.longest < 6' out)" true
    expect "losses are counted" "$(jq '.accepted + .dropped' out)" 100000
    wait
    "$host" hello 2>/dev/null
    expect "what was accepted" "$(count n)" "$(jq .accepted out)"
    rm -f run.log*
    : >stalled
    (sleep 4; rm stalled) &
    STALL=stalled LD_PRELOAD=$programs/stall.so within 30 "$host" fork 100 >out 2>err
    expect "a long fork" "$(jq '.longest < 3' out)" true
    wait
}
case_pipe_in_the_place_of_the_log() {
    mkfifo pipe
    LOG_FILE=pipe within 20 "$host" say 100 >out 2>err
    expect accepted "$(jq .accepted out)" 100
    (sleep 0.3; cat pipe >got) &
    LOG_FILE=pipe within 20 "$host" say 5000 >out 2>err
    wait
    expect "what the reader got" "$(grep -c '"event":"n"' got)" 5000
    (exec 4<pipe; sleep 3) &
    LOG_FILE=pipe within 20 "$host" say 100000 >out 2>err  # a reader that does not read, and then goes
    expect "calls that waited anew" "$(jq '.longest < 6' out)" true
    wait
}
case_full_device() {
    LOG_FILE=/dev/full within 20 "$host" say 100000 >out 2>err
    expect "losses are counted" "$(jq '.accepted + .dropped' out)" 100000
    expect said "$(grep -c 'No space left' err)" 1
}
case_signals_of_failing_writes() {
    for mode in async sync; do
        (LOG_MODE=$mode LOG_CONSOLE=stderr "$host" say_quietly 5000; echo $? >status) 2>&1 | true
        for _ in $(seq 100); do [ -s status ] && break; sleep 0.05; done
        expect "$mode: status" "$(cat status)" 0
        expect "$mode: records" "$(count n)" 5000
        rm -f run.log* status
        (ulimit -f 64; LOG_JOURNAL=off LOG_OVERFLOW=drop LOG_MODE=$mode within 20 "$host" say 20000 >/dev/null 2>&1; echo $? >/dev/shm/hosts-$$)
        expect "$mode: beyond RLIMIT_FSIZE" "$(cat /dev/shm/hosts-$$)" 0
        rm -f run.log* /dev/shm/hosts-$$
    done
}

# ── descriptors ──
case_standard_error_is_closed() {
    LOG_CONSOLE=stderr "$host" hello 2>&-
    expect "lines that are no JSON" "$(jq -c . run.log | wc -l)" "$(wc -l <run.log)"
    LOG_CONSOLE=stdout "$host" say_quietly 10 <&- >&- 2>&-
    expect records "$(count n)" 10
}
case_descriptors_are_closed() {
    within 20 "$host" closes_descriptors >out 2>err
    expect "strangers' bytes" "$(cat stranger* | tr -d '\n')" "$(for _ in $(seq 8); do printf AAAAaaaa; done)"
    expect before "$(count before)" 1
    expect thread "$(count thread)" 16000
    expect after "$(count after)" 1
    expect journal "$(cat out)" process
}
case_daemon() {
    LOG_CONSOLE=stderr within 20 "$host" becomes_a_daemon 100 2>&1 | cat >out   # ends when nobody holds the pipe
    for _ in $(seq 100); do [ "$(count n)" = 100 ] && break; sleep 0.05; done
    expect records "$(count n)" 100
    "$host" hello
    expect "what the parent had not written" "$(count before)" 1
}

# ── rotation ──
case_log_that_only_grows() {
    is_root || { skip "needs root"; return; }
    for i in 1 2 3 4 5; do echo '{}' >run.log.$i; done
    : >run.log
    chattr +a run.log 2>/dev/null || { skip "no chattr here"; return; }
    LOG_ROTATE_MB=1 within 20 "$host" say_quietly 20000 2>err
    chattr -a run.log
    expect backups "$(ls run.log.[1-5] | wc -l)" 5
    expect "said once" "$(count 'the log file cannot be rotated; it grows on')" 1
    expect records "$(count n)" 20000
}
case_log_that_is_a_mount() {
    is_root || { skip "needs root"; return; }
    for i in 1 2 3; do echo '{}' >run.log.$i; done
    : >run.log
    : >real
    unshare -m sh -c "mount --bind real run.log && LOG_ROTATE_MB=1 '$host' say_quietly 20000" 2>err || { skip "no mounts here"; return; }
    expect backups "$(ls run.log.[1-5] | wc -l)" 3
    expect records "$(grep -c '"event":"n"' real)" 20000
}
case_owner_and_mode() {
    is_root || { skip "needs root"; return; }
    : >run.log
    chown 1:4 run.log
    chmod 640 run.log
    LOG_ROTATE_MB=1 LOG_BACKUPS=100 "$host" say_quietly 20000
    expect owners "$(stat -c '%a %u:%g' run.log* | sort -u)" "640 1:4"
    expect records "$(count n)" 20000
    rm -f run.log*
    LOG_FILE_MODE=0664 LOG_ROTATE_MB=1 "$host" say_quietly 20000
    expect "as asked" "$(stat -c '%a' run.log* | sort -u)" 664
}
case_log_that_is_a_link() {
    mkdir data
    ln -s data/real.log run.log
    LOG_ROTATE_MB=1 LOG_BACKUPS=100 "$host" say_quietly 20000
    expect "a link" "$(readlink run.log)" data/real.log
    expect records "$(cat data/real.log* | grep -c '"event":"n"')" 20000
    expect "what the command reads" "$("$command" stats --json run.log 2>/dev/null | jq .records)" "$("$command" stats --json data/real.log | jq .records)"
}

# ── rights, roots ──
case_rights_are_dropped() {
    is_root || { skip "needs root"; return; }
    mkdir -m 700 p
    LOG_ROTATE_MB=1 LOG_FILE=$PWD/p/run.log within 20 "$host" drops_rights 20000 >out 2>err
    expect "accepted and flushed" "$(jq .accepted out)" 20000
    expect records "$(grep -c '"event":"n"' p/run.log)" 20000
}
case_root_is_changed() {
    is_root || { skip "needs root"; return; }
    within 20 "$host" changes_root 1000 >out 2>err
    expect "accepted and flushed" "$(jq .accepted out)" 1000
    expect records "$(cat run.log $(find jail -name run.log) | grep -c '"event":"n"')" 1000
}
case_setuid_program_obeys_no_environment() {
    is_root || { skip "needs root"; return; }
    cp "$host" ./program
    chmod 4755 program .
    chmod 777 .
    setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null || { skip "no setpriv"; return; }
    LOG_FILE=$PWD/theirs.log LOG_LEVEL=off LOG_CONSOLE=stderr setpriv --reuid 65534 --regid 65534 --clear-groups ./program hello 2>/dev/null
    expect "their log" "$([ -e theirs.log ] && echo there)" ""
    rm -f run.log
    ln -s target run.log
    setpriv --reuid 65534 --regid 65534 --clear-groups ./program hello 2>/dev/null
    expect "a link that they put there" "$([ -e target ] && echo followed)" ""
}

# ── who is dead ──
case_exec() {
    within 20 "$host" execs 2000
    expect "the new image" "$(count hello)" 1
    expect records "$(count n)" 2000
    within 20 "$host" execs 100 /bin/echo >/dev/null
    "$host" hello
    expect "of an image that does not log" "$(count n)" 2100
}
case_zombie() {
    "$host" leaves_a_zombie 500 &
    parent=$!
    for _ in $(seq 100); do [ "$(count 'the journal is made')" = 1 ] && pgrep -P $parent | xargs -r ps -o stat= -p 2>/dev/null | grep -q Z && break; sleep 0.05; done
    "$host" hello
    expect records "$(count n)" 500
    kill $parent
}
case_every_kind_of_value() {
    "$host" logs_everything_and_dies 2>/dev/null
    cp -r /dev/shm/logkit-"$(id -u)" journals 2>/dev/null
    within 10 "$host" hello || complain "the next start hangs"
    for event in nested "plain 1 two" bound failed; do expect "$event" "$(count "$event")" 1; done
    expect "ENDs of open spans" "$(jq -c 'select(.status == "aborted") | .span' run.log | tr -d '\n')" '"inner""outer"'
    expect nested "$(jq -c 'select(.event == "nested") | [.d, .map, .json, .service, .user, .deep.list]' run.log)" \
        '[{"n":1,"o":{"m":"x"}},{"a":1},{"x":[1,{"y":null}]},"shop","ada",[1,2]]'
    expect exception "$(jq -r 'select(.event == "failed") | .exc_info.what' run.log)" "deep trouble"
    expect secrets "$(grep -c '"secret":"\*\*\*"' run.log)" 1
    rm -f run.log
    "$host" logs_everything_and_dies 2>/dev/null
    within 10 "$command" recover run.log >/dev/null || complain "logkit recover hangs"
    expect "by the command" "$(count nested)" 1
}
case_journals_of_nobody() {
    mkdir gone
    (cd gone && "$host" kill_self 100 2>/dev/null)
    rm -r gone
    folder=/dev/shm/logkit-$(id -u)
    : >"$folder/logkit-0123456789abcdef-999999999-1-0123456789abcdef.journal.new"
    "$host" hello 2>err
    expect "a journal without a log" "$(for j in "$folder"/*.journal; do [ -e "$j" ] && strings "$j" | grep -c "$PWD/gone" ; done | grep -vc '^0$')" 0
    expect "an unfinished one" "$(ls "$folder" | grep -c 'journal.new')" 0
}
case_another_versions_journal() {
    "$host" logs_everything_and_dies 2>/dev/null
    journal=$(grep -l "$PWD/run.log" /dev/shm/logkit-"$(id -u)"/*.journal)
    printf 9 | dd of="$journal" bs=1 seek=7 conv=notrunc 2>/dev/null
    "$host" hello 2>err
    expect "left alone" "$([ -e "$journal" ] && echo there)" there
    expect said "$(grep -c 'another version' err)" 1
    rm -f "$journal"
}

# ── signals, code that logs while we work ──
case_crash_in_a_sink() {
    for deed in crashes_in_a_sink crashes_in_a_processor; do
        within 20 "$host" $deed 2>/dev/null
        expect "$deed: status" $? 139
        within 20 "$host" ${deed}_handled >out 2>/dev/null
        expect "$deed: the program's handler" "$(cat out)" handled
        "$host" hello
        expect "$deed: last record" "$(count 'fatal signal')" 1
        expect "$deed: record" "$(count crash)" 2
        rm -f run.log
    done
}
case_first_call_in_a_signal_handler() {
    within 20 "$host" catches_signals_and_logs >out 2>err || complain "status $?"
    expect "from handlers" "$(count 'from a handler')" 10001
    expect records "$(count n)" 10000
}
case_allocator_that_logs() {
    for mode in async sync; do
        LOG_ROTATE_MB=0 within 20 "$programs/allocates" $mode >out || complain "$mode: status $?"
        expect "$mode: accepted" "$(jq .accepted out)" 100
        expect "$mode: records" "$(count mine)" 100
        expect "$mode: refused and said" "$(jq -s '[.[].refused // 0] | add > 1000' run.log)" true
        expect "$mode: from a log_value" "$(count 'from a log_value')" 0
        rm -f run.log
    done
}

# ── plugins ──
case_plugin_is_unloaded() {
    for plugin in "$programs"/plugin_*.so; do
        for loader in loads_plugin loads_plugin_and_logs; do
            within 20 "$programs/$loader" "$plugin" 2>err || complain "$(basename "$plugin") in $loader: status $?"
            expect "$(basename "$plugin") in $loader" "$(cat run.log | jq -r 'select(.span == "plugin work" and .event != "END") | 1' | wc -l)" 1600
            [ $loader = loads_plugin ] || expect "the host's" "$(count 'host thread')" 800
            rm -f run.log
        done
    done
}

# ── limits ──
case_configured_ten_thousand_times() {
    LOG_ROTATE_MB=0 within 60 "$host" reloads 10000 >out
    expect "all accepted" "$(jq .ok out)" true
    expect "memory grows" "$(jq '.grown_kb > 4096' out)" false
    expect journal "$(jq -r .durability out)" process
    expect records "$(count b)" 10000
    within 60 "$host" reloads_policies 1000 >out
    expect "with another policy each" "$(jq .ok out)" true
}
case_a_name_for_each_connection() {
    within 60 "$host" names_connections 200000 >out
    expect "memory grows" "$(jq '.grown_kb > 4096' out)" false
    expect "a kept name obeys" "$(jq .is_ruled out)" true
}
case_a_thousand_threads() {
    LOG_ROTATE_MB=0 within 240 "$host" has_many_threads 1000 >out || complain "status $?"
    expect "memory for one record each" "$(jq '.once_kb < 40000' out)" true
    expect "memory afterwards" "$(jq '.after_kb < 40000' out)" true
    expect journal "$(jq -r .durability out)" process
    expect records "$(count thread)" 1000
    # Who waits for room longer than five seconds gives up; on a machine that stands still so long this is said.
    expect "in a burst" $(($(count burst) + $(jq -s 'map(.dropped // 0) | add' run.log))) 100000
}

# ── what was left ──
case_held_back_records_survive() {
    "$host" holds_back_and_dies 200 2>/dev/null
    expect "before" "$(count n)" 0
    "$host" hello
    expect "held back" "$(count n)" 200
    expect "of a dull trace" "$(count 'dull record')" 0
    rm -f run.log
    "$host" holds_back_fails_and_dies 200 2>/dev/null
    "$host" hello
    expect "released" "$(count n)" 200
    expect "the error" "$(count 'now it is worth it')" 1
}
case_coroutines_that_were_left() {
    "$host" leaves_coroutines_and_dies 100 2>/dev/null
    expect "ENDs before" "$(jq -c 'select(.event == "END") | [.span, .status]' run.log | tr -d '\n')" '["ended coroutine","success"]'
    "$host" hello
    "$host" hello
    expect "ENDs" "$(jq -c 'select(.event == "END" and .status == "aborted") | [.span, .job]' run.log | sort | tr -d '\n')" \
        '["inner coroutine",1]["outer coroutine",1]'
    expect records "$(count n)" 100
}
case_shutdown_and_on() {
    within 20 "$host" shuts_down_and_goes_on 50 >out 2>/dev/null
    expect journal "$(head -n 1 out)" process
    "$host" hello
    expect records "$(count n)" 101
    expect between "$(count between)" 1
}
case_vfork() {
    within 20 "$host" vforks 50
    expect records "$(count n)" 51
    "$host" hello
    expect "the child's" "$(count 'in the child of vfork')" 20
}
case_out_of_memory_kill() {
    # What the kernel does then is SIGKILL; here with what the program had in its rings.
    "$host" kill_self 5000 2>/dev/null
    "$host" hello
    expect records "$(count n)" 5000
}

cases=("$@")
[ $# = 0 ] && mapfile -t cases < <(declare -F | sed -n 's/^declare -f case_//p')
top=$(mktemp -d "${TMPDIR:-/tmp}/logkit-hosts-XXXXXX")  # a journal of an earlier run is of another log
trap 'chattr -R -a "$top" 2>/dev/null; rm -rf "$top"' EXIT
for name in "${cases[@]}"; do
    is_good=1 is_skipped=0
    chattr -a "$top/$name/run.log" 2>/dev/null
    rm -rf "$top/$name"
    mkdir -p "$top/$name"
    cd "$top/$name" || exit 1
    case_$name
    if [ $is_skipped = 1 ]; then skipped=$((skipped + 1)); elif [ $is_good = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
