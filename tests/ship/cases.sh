#!/usr/bin/env bash
# What happens to log shippers, with real processes.   cases.sh LOGKIT PROGRAM [CASE…]
set -uo pipefail
here=$(realpath "$(dirname "$0")")
logkit=$(realpath "$1") program=$(realpath "$2")
shift 2
unset LOG_FILE LOG_JOURNAL LOG_SHIP LOG_SHIP_KEY
export LOG_CONSOLE=off LC_ALL=C.UTF-8
top=$(mktemp -d "${TMPDIR:-/tmp}/logkit-ship-XXXXXX")
failed=0 passed=0
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$top"' EXIT

complain() { echo "$name: $*"; is_good=0; }
expect() { [ "$2" = "$3" ] || complain "$1: expected $3, got $2"; }
until_holds() { for _ in $(seq 600); do if eval "$1"; then return 0; fi; sleep 0.05; done; complain "never held: $1"; return 1; }
n() { seq -f '{"n":%.0f,"level":"info","event":"e"}' "$1" "$2"; }
serve() {
    python3 "$here/counterpart.py" "${port:-0}" server 2>/dev/null &
    server=$!
    until_holds '[ -s server/port ] && (: </dev/tcp/127.0.0.1/$(cat server/port)) 2>/dev/null'
    port=$(cat server/port)
    url=http://127.0.0.1:$port
}
mode() { echo "$*" >server/mode; }
ship() { timeout 60 "$logkit" ship "$@" --to "$url" 2>>said; }
numbers() { python3 "$here/counterpart.py" --lines server | cut -d' ' -f2- | jq -r 'select(.n != null) | .n' 2>/dev/null | sort -n; }
arrived() { expect "${3:-lines}" "$(numbers | tr '\n' ' ')" "$(seq "$1" "$2" | tr '\n' ' ')"; }
has() { [ "$(numbers | wc -l)" -ge "$1" ]; }

case_renamed_and_the_new_one_begins_alike() {
    n 5 5 >a.log; ship a.log --once; mv a.log a.log.1; (n 5 5; n 6 9) >a.log; ship a.log --once
    expect lines "$(numbers | tr '\n' ' ')" "5 5 6 7 8 9 "
}
case_truncated_and_longer() {
    n 0 99 >a.log; ship a.log --once; n 100 599 >a.log; ship a.log --once
    arrived 0 599
    expect said "$(grep -c 'a new stream' said)" 1
}
case_an_answer_that_drips_is_none() {
    n 0 9 >a.log; mode drip
    LOG_SHIP_TIMEOUT=100ms LOG_SHIP_RETRIES=1 ship a.log --once
    expect status $? 75
    mode; ship a.log --once
    arrived 0 9
}
case_a_neighbour_is_no_rotated_file_and_a_link_no_other_log() {
    n 0 9 >a.log; n 10 19 >a-1.log; cp a.log a.log.bak; ln -s a.log current.log
    ship a.log a-1.log current.log --once
    expect status $? 0
    arrived 0 19
    n 20 29 >>a-1.log; ship a.log a-1.log --once
    arrived 0 29
}
case_a_lock_that_cannot_be_had_is_said() {
    n 0 9 >a.log; mkdir a.log.cursor.lock
    ship a.log --once
    expect status $? 73
    expect said "$(grep -c 'lock.*cannot be had' said)" 1
}
case_a_renamed_file_that_ends_within_a_line_is_waited_for() {
    printf '{"n":0}\n{"n":' >a.log.1; n 2 3 >a.log
    (until_holds 'has 1'; echo '1}' >>a.log.1) &
    ship a.log --once
    expect status $? 0
    wait $!
    arrived 0 3
}
case_a_hole_in_front_of_the_next_line() {
    python3 - <<'P'
import os, shutil
f = open("a.log", "w")
for i in range(100): f.write('{"n":%d}\n' % i)
f.flush(); shutil.copy("a.log", "a.log.1"); os.truncate("a.log", 0)
f.seek(3 << 30)
for i in range(100, 200): f.write('{"n":%d}\n' % i)
P
    ship a.log --once
    arrived 0 199
}
case_other_names_and_gzip() {
    for name in a.log-20251126 a-2025-11-26.0.log; do
        for packed in no yes; do
            rm -rf server/store a.* a-*; kill $server; wait $server 2>/dev/null; serve
            n 0 99 >a.log; ship a.log --once; n 100 199 >>a.log; mv a.log $name; n 200 299 >a.log
            [ $packed = yes ] && gzip $name
            ship a.log --once
            arrived 0 299 "$name, packed: $packed"
        done
    done
}
case_gzip_without_its_end_is_waited_for() {
    n 0 49999 >a.log; ship a.log --once; n 50000 99999 >>a.log; gzip -c a.log >whole; mv a.log gone; n 100000 100009 >a.log
    head -c 90000 whole >a.log.1.gz
    ship a.log --once; expect status $? 75
    mv whole a.log.1.gz
    ship a.log --once; expect status $? 0
    arrived 0 100009
}
case_link_turned_while_away() {
    n 0 9 >d1; ln -s d1 a.log; ship a.log --once; n 10 19 >>d1; ln -sfn d2 a.log; n 20 29 >d2; ship a.log --once
    arrived 0 29
}
case_last_line_without_its_end() {
    (n 0 9; printf '{"n":10}') >a.log; ship a.log --once; mv a.log a.log.1; n 11 19 >a.log; ship a.log --once
    arrived 0 19
}
case_long_lines() {
    python3 -c '
for i, size in enumerate([1, 5 << 20, 1, 20 << 20, 1]): print("{\"n\":%d,\"x\":\"%s\"}" % (i, "x" * size))' >a.log
    ship a.log --once; expect status $? 0
    expect lines "$(numbers | tr '\n' ' ')" "0 1 2 4 "
    expect rejected "$(jq -r '[.status, .position] | @csv' a.log.rejected)" "0,5242927"
}
case_odd_bytes() {
    printf '\xef\xbb\xbf{"n":0}\r\n\n\n{"n":1,"e":"z\xfcrich"}\n\0\0\0\0{"n":2}\n' >a.log
    ship a.log --once; expect status $? 0
    arrived 0 2
    printf '\xff\xfe{\0"\0n\0' >b.log
    ship b.log --once; expect "status of UTF-16" $? 66
    expect said "$(grep -c UTF-16 said)" 1
}
case_damaged_cursor() {
    for damage in ': >a.log.cursor' 'head -c 200 /dev/zero >a.log.cursor' 'truncate -s 40 a.log.cursor' 'rm a.log.cursor'; do
        rm -rf server/store a.log*; kill $server; wait $server 2>/dev/null; serve
        n 0 99 >a.log; ship a.log --once; n 100 199 >>a.log; eval "$damage"; ship a.log --once
        arrived 0 199 "$damage"
    done
    sed -i 's/logkit-cursor 1/logkit-cursor 2/' a.log.cursor
    ship a.log --once; expect "another version" $? 73
    grep -q 'logkit-cursor 2' a.log.cursor || complain "it was overwritten"
}
case_killed_and_started_again() {
    n 0 9 >a.log
    for i in $(seq 10 39); do
        "$logkit" ship a.log --follow --to "$url" 2>>said & shipper=$!
        n $i $i >>a.log
        sleep 0.0$((RANDOM % 9))
        kill -9 $shipper; wait $shipper 2>/dev/null
    done
    "$logkit" ship a.log --follow --to "$url" 2>>said & shipper=$!
    until_holds 'has 40'
    ship a.log --follow; expect "the second one's status" $? 75
    expect said "$(grep -c "process $shipper ships this log" said)" 1
    n 40 49 >>a.log
    ship a.log --once; expect "--once waits" $? 0
    arrived 0 49
    kill -TERM $shipper
    wait $shipper; expect "ended by SIGTERM" $? 0
}
case_copied_log_and_cursor() {
    mkdir one; n 0 9 >one/a.log; ship one/a.log --once; cp -a one two
    n 10 19 >>one/a.log; n 20 29 >>two/a.log
    ship two/a.log --once; ship one/a.log --once
    arrived 0 29
}
case_refused_for_a_while() {
    mode status 403
    n 0 9 >a.log
    ship a.log --once; expect "status with --once" $? 77
    LOG_SHIP_CHECK=100ms "$logkit" ship a.log --follow --to "$url" 2>>said & shipper=$!
    until_holds '[ "$(grep -c " 403 " server/requests)" -ge 4 ]'
    expect "said by each" "$(grep -c 'refuses' said)" 2
    mode
    until_holds 'has 10'
    arrived 0 9
    kill $shipper
}
case_every_bad_answer() {
    local next=0
    for what in 'status 503' 'status 429 1' 'status 408' 'status 500' 'status 302' portal empty garbage half lose cut 'hang 2' 'more 100' encoding; do
        mode "$what"
        n $next $((next + 9)) >>a.log
        LOG_SHIP_RETRIES=1 LOG_SHIP_TIMEOUT=500ms ship a.log --once
        mode
        next=$((next + 10))
    done
    ship a.log --once; expect status $? 0
    arrived 0 $((next - 1))
    mode refuse '"n":145,'
    n 140 149 >>a.log
    ship a.log --once; expect "status with a refused record" $? 0
    expect rejected "$(jq -c '.record.n' a.log.rejected)" 145
    expect "the others" "$(numbers | tail -n 9 | tr '\n' ' ')" "140 141 142 143 144 146 147 148 149 "
}
case_server_is_killed_and_knows_nothing() {
    n 0 9 >a.log; ship a.log --once
    kill -9 $server; wait $server 2>/dev/null
    n 10 19 >>a.log
    LOG_SHIP_RETRIES=1 ship a.log --once; expect "status without a server" $? 75
    serve
    ship a.log --once; expect status $? 0
    arrived 0 19
}
case_full_disk() {
    mkdir d
    mount -t tmpfs -o size=1m t d 2>/dev/null || return 0
    n 0 99 >d/a.log; ship d/a.log --once; n 100 999 >>d/a.log
    cat /dev/zero >d/fill 2>/dev/null
    ship d/a.log --once; expect "status with a full disk" $? 0
    expect said "$(grep -c 'cannot be written' said)" 1
    "$logkit" ship d/a.log --status --json | jq -e '.cursor_problem != null' >/dev/null || complain "--status does not say so"
    n 0 9 2>/dev/null >d/b.log; rm -f d/b.log.cursor*
    rm d/fill
    ship d/a.log --once
    arrived 0 999
    umount d
}
case_unreadable_one_of_three() {
    [ "$(id -u)" = 0 ] || return 0
    chmod 777 . "$top"; chmod 755 server; chmod 666 said 2>/dev/null || { : >said; chmod 666 said; }
    for f in a b c; do n 0 0 >$f.log; done
    chmod 666 a.log c.log; chmod 0 b.log
    setpriv --reuid=65534 --regid=65534 --clear-groups "$logkit" ship a.log b.log c.log --follow --to "$url" 2>>said & shipper=$!
    until_holds 'has 2'
    chmod 644 b.log
    until_holds 'has 3'
    expect said "$(grep -c 'b.log: cannot read' said)" 1
    kill $shipper
}
case_secrets_are_told_nobody() {
    n 0 9 >a.log
    LOG_SHIP_KEY=geheim1 "$logkit" ship a.log --follow --to "http://u:geheim2@127.0.0.1:$port" 2>>said & shipper=$!
    until_holds 'has 10'
    expect "on the command line" "$(tr '\0' ' ' </proc/$shipper/cmdline | grep -c geheim)" 0
    LOG_SHIP_KEY=geheim1 "$logkit" ship a.log --status >>said
    expect "in what it says" "$(cat said a.log.cursor* | grep -c geheim)" 0
    expect "what the server got" "$(grep -c 'Bearer geheim1' server/requests)" 1
    kill $shipper
}
case_spool_keeps_what_is_not_shipped() {
    mode status 503
    export LOG_FILE=$PWD/run.log LOG_JOURNAL=$PWD/j LOG_ROTATE_MB=1 LOG_BACKUPS=1
    LOG_SHIP_RETRIES=1 ship run.log --once
    "$program" write 0 40000 >accepted
    [ "$(ls run.log.? | wc -l)" -gt 3 ] || complain "rotated files are gone"
    LOG_SHIP_RETRIES=1 ship run.log --once
    mode
    ship run.log --once; expect status $? 0
    arrived 0 39999
    "$program" write 40000 7000 >accepted # more than a megabyte and less than two: one rotation, or two
    [ "$(ls run.log.? | wc -l)" -le 2 ] || complain "shipped files stay: $(ls -l run.log.?)"
    "$logkit" ship run.log --status --json | jq -e '.lag_records == 7000' >/dev/null || complain "lag: $("$logkit" ship run.log --status --json)"
}
case_killed_program() {
    export LOG_FILE=$PWD/run.log LOG_JOURNAL=$PWD/j
    "$logkit" ship run.log --follow --to "$url" 2>>said & shipper=$!
    "$program" write 0 100000000 >accepted & writer=$!
    until_holds '[ "$(wc -l <accepted)" -gt 5000 ]'
    kill -9 $writer; wait $writer 2>/dev/null
    last=$(tail -n 1 accepted)
    [ "$(tail -c 1 accepted | wc -l)" = 1 ] || last=$(tail -n 2 accepted | head -n 1)
    until_holds 'has $((last + 1))'
    expect twice "$(numbers | uniq -d | wc -l)" 0
    kill $shipper
}
case_in_the_program() {
    export LOG_SHIP=$url LOG_JOURNAL=$PWD/j
    expect stats "$("$program" ship 1000 | jq -c '[.is_shipped, .records >= 1000, .lag]')" '[true,true,0]'
    arrived 0 999
    expect "sockets after exec" "$("$program" exec 10)" "$(sh -c 'ls -l /proc/self/fd | grep -c socket')"
    rm -rf run.log*
    LOG_FILE= LOG_SHIP_CACHE=$PWD/cache "$program" ship 10 >/dev/null
    expect "a log in cache_dir" "$(grep -c '"n":' cache/run.log)" 10
    start=$(date +%s%N)
    LOG_SHIP=http://127.0.0.1:1 "$program" write 0 10 >/dev/null
    [ $(($(date +%s%N) - start)) -lt 20000000000 ] || complain "the exit does not end"
    expect "what is left waits in the log" "$(grep -c '"n":' run.log)" 10
}
case_forked_program() {
    [ "${SANITIZER:-}" != thread ] || return 0  # it does not survive threads in a forked child
    export LOG_SHIP=$url LOG_JOURNAL=$PWD/j
    "$program" fork 100; expect "after a fork" $? 0
    arrived 0 299 "parent and child"
}
case_not_linked() {
    LOG_FILE=$PWD/run.log LOG_SHIP=http://u:geheim@127.0.0.1:1 "${program%/*}/ship_unlinked" >/dev/null 2>err
    expect said "$(grep -c 'LOG_SHIP.*link logkit::ship' err)" 1
    expect secret "$(grep -c geheim err run.log | grep -vc ':0')" 0
}
case_many_descriptors() {
    mkdir many; for i in $(seq 100); do n $i $i >many/$i.log; done
    (ulimit -n 64; ship many/*.log --once); expect status $? 2
    expect said "$(grep -c 'ulimit -n' said)" 1
    ship many/*.log --once; expect status $? 0
    arrived 1 100
    ship 'many/*.log*' --once; expect "cursors are no logs" $? 0
    arrived 1 100
}

cases=("$@")
[ $# = 0 ] && mapfile -t cases < <(declare -F | sed -n 's/^declare -f case_//p')
for name in "${cases[@]}"; do
    is_good=1
    mkdir -p "$top/$name"
    cd "$top/$name" || exit 1
    unset port; : >said
    serve
    (trap 'kill -9 $(jobs -p) 2>/dev/null' EXIT; case_"$name"; exit $((1 - is_good))) || is_good=0
    kill -9 $server 2>/dev/null; wait $server 2>/dev/null
    if [ $is_good = 1 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); sed 's/^/  said: /' said | tail -n 5; fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
