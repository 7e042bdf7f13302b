#!/usr/bin/env bash
# disk.sh PROGRAM: the log's disk of 4 MiB fills up, and room is made. Needs root, for the mount; else it is left out (77).
set -euo pipefail
program=$1
folder=$(mktemp -d)
mount -t tmpfs -o size=4m logkit-test "$folder" 2>/dev/null || { rmdir "$folder"; echo "cannot mount a tmpfs here"; exit 77; }
trap 'cd /; umount "$folder"; rmdir "$folder"' EXIT
cd "$folder"
for way in block drop; do
    rm -f run.log filler
    "$program" $way >/dev/shm/logkit-disk-test.json 2>/dev/null
    read -r accepted refused flushed failures dropped < <(jq -r '[.accepted, .refused, .flushed, .failures, .dropped] | @tsv' /dev/shm/logkit-disk-test.json)
    rm -f /dev/shm/logkit-disk-test.json
    [ "$flushed" = true ] || { echo "$way: not flushed"; exit 1; }
    [ "$failures" -gt 0 ] || { echo "$way: the disk was never full"; exit 1; }
    [ "$(grep -c '"event":"n"' run.log)" = "$accepted" ] || { echo "$way: $(grep -c '"event":"n"' run.log) of $accepted accepted records"; exit 1; }
    [ "$(jq -s 'map(select(.event == "n").i) | unique | length' run.log)" = "$accepted" ] || { echo "$way: doubled"; exit 1; }
    [ "$(jq -s 'map(.dropped // 0) | add' run.log)" = "$refused" ] || { echo "$way: $refused refused, in-band $(jq -s 'map(.dropped // 0) | add' run.log)"; exit 1; }
    [ $way = block ] && [ "$refused" != 0 ] && { echo "block: $refused refused"; exit 1; }
done
echo "a full disk: nothing accepted is lost, what was refused is said"
