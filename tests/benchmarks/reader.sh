#!/usr/bin/env bash
# The logkit command against jq and lnav, on the same warm file.   reader.sh LOGKIT WRITER [REQUESTS]
# WRITER is bench_reader_log, which writes the log: about 3.2 KB and nine records for each request. Single-core figures are
# under taskset. Peak memory and seconds are /usr/bin/time's.
set -euo pipefail
logkit=$(realpath "$1") writer=$(realpath "$2") requests=${3:-360000}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
LOG_CONSOLE=off LOG_ROTATE_MB=0 LOG_LEVEL=debug LOG_JOURNAL=off "$writer" "$requests"
bytes=$(stat -c %s run.log)
cat run.log >/dev/null
echo "run.log: $bytes bytes, $(wc -l <run.log) records"
echo "| what | seconds | GB/s | MiB |"
echo "|---|---|---|---|"
measure() {
    local what=$1 best='' mib=''
    shift
    for _ in 1 2; do
        /usr/bin/time -o time.txt -f '%e %M' "$@" >/dev/null 2>&1 || true
        read -r seconds kib < <(tail -n 1 time.txt)
        if [ -z "$best" ] || [ "$(echo "$seconds < $best" | bc)" = 1 ]; then best=$seconds mib=$((kib / 1024)); fi
        [ "${once:-}" ] && break
    done
    echo "| $what | $best | $(echo "scale=3; $bytes / 1000000000 / $best" | bc) | $mib |"
}
measure "logkit show user=user892, one core" taskset -c 0 "$logkit" show --json user=user892
measure "logkit show 'rows>98', one core" taskset -c 0 "$logkit" show --json 'rows>98'
measure "logkit show -l warning, one core" taskset -c 0 "$logkit" show --json -l warning
measure "logkit show 'user=user892 or rows>98 or level=error or path=/x', one core" taskset -c 0 "$logkit" show --json -w 'user=user892 or rows>98 or level=error or path=/x'
measure "logkit count --by user, one core" taskset -c 0 "$logkit" count --by user
measure "logkit count --every 1s --by level, one core" taskset -c 0 "$logkit" count --every 1s --by level
measure "logkit errors, one core" taskset -c 0 "$logkit" errors
measure "logkit stats, one core" taskset -c 0 "$logkit" stats
measure "logkit show user=user892, all cores" "$logkit" show --json user=user892
measure "logkit errors, all cores" "$logkit" errors
measure "logkit stats, all cores" "$logkit" stats
measure "logkit digest, all cores" "$logkit" digest
measure "logkit trace --last-error" "$logkit" trace --last-error
measure "logkit verify, all cores" "$logkit" verify
once=1
command -v lnav >/dev/null && measure "lnav, to have loaded it" lnav -n -c ':filter-in user892' run.log
head -c $((bytes / 10)) run.log >tenth.log
bytes=$((bytes / 10))
measure "jq 'select(.user == \"user892\")', a tenth of it" jq -c 'select(.user == "user892")' tenth.log
measure "logkit show user=user892, one core, the same tenth" taskset -c 0 "$logkit" show --json user=user892 tenth.log
