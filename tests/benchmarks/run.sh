#!/usr/bin/env bash
# The table of docs/performance.md: every program found beside this one's build, interleaved, medians of RUNS runs.
#   run.sh FOLDER_OF_THE_PROGRAMS [RUNS [RECORDS]]
set -euo pipefail
programs=$(realpath "$1") runs=${2:-5} records=${3:-4000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for run in $(seq "$runs"); do
    for program in "$programs"/bench_*; do
        name=${program##*/bench_}
        case $name in micro | coroutine | reader_log | instructions) continue ;; esac
        for threads in 1 2; do
            [ "$name$threads" = floor2 ] && continue
            "$program" throughput $threads "$records" >>"$name.throughput.$threads" 2>/dev/null
            [ "$(wc -l <bench.log)" = "$records" ] || echo "$name wrote $(wc -l <bench.log) lines of $records" >&2
            if [ "$name" = logkit ] && [ "$run$threads" = 11 ]; then
                head -n 100000 bench.log | jq -e . >/dev/null || echo "logkit wrote invalid JSON" >&2
            fi
            "$program" latency $threads >>"$name.latency.$threads" 2>/dev/null
        done
    done
    # The journal's price: in tmpfs as above, none, and on disk.
    for threads in 1 2; do
        for place in off "$work"; do
            name=logkit_journal_$([ "$place" = off ] && echo off || echo disk)
            LOG_JOURNAL=$place "$programs/bench_logkit" throughput $threads "$records" >>"$name.throughput.$threads" 2>/dev/null
            LOG_JOURNAL=$place "$programs/bench_logkit" latency $threads >>"$name.latency.$threads" 2>/dev/null
        done
    done
done
# Median, and the range in brackets.
cell() { jq -rs "map(.$2) | sort | \"\\(.[length / 2 | floor]) [\\(first)–\\(last)]\"" "$1"; }
for threads in 1 2; do
    printf '\n%s thread(s)%42s\n' $threads "(median [range] of $runs runs)"
    printf '%-20s %-24s %-22s %-20s %-18s %-22s %-24s %s\n' '' 'M rec/s to file' 'CPU s per M' 'peak RSS MB' 'p50 ns' 'p90' 'p99' 'p99.9'
    for file in *.throughput.$threads; do
        name=${file%%.*}
        printf '%-20s %-24s %-22s %-20s %-18s %-22s %-24s %s\n' "$name" "$(cell "$file" mrps)" "$(cell "$file" cpu)" "$(cell "$file" rss_mb)" \
            "$(cell "$name.latency.$threads" p50)" "$(cell "$name.latency.$threads" p90)" "$(cell "$name.latency.$threads" p99)" "$(cell "$name.latency.$threads" p999)"
    done
done
printf '\nsmall costs\n'
"$programs"/bench_micro
printf '\ncoroutines\n'
[ ! -x "$programs"/bench_coroutine ] || "$programs"/bench_coroutine
