#!/usr/bin/env bash
# faults.sh PROGRAM SHIM STRIDE: the k-th call of each kind fails, once, for every STRIDE-th k (the first 20 always): the
# program never crashes, and every record that it was told was accepted is in the file, once, in a valid line.
set -euo pipefail
program=$1 shim=$2 stride=$3
export LOG_CONSOLE=off LOG_FILE=faults.log LOG_ROTATE_MB=1 LOG_BACKUPS=100 LOG_JOURNAL=$PWD/journals
runs=0
# one CALL ERRNO NTH: 1 when there is no such call any more
one() {
    rm -rf faults.log* journals
    local status=0
    FAULT_CALL=$1 FAULT_ERRNO=$2 FAULT_NTH=$3 LD_PRELOAD=$shim timeout 60 "$program" >accepted.txt 2>err.txt || status=$?
    runs=$((runs + 1))
    [ $status = 0 ] || [ $status = 3 ] || { echo "$1 number $3 with errno $2: exit status $status"; tail -3 err.txt; exit 1; }
    cat faults.log* >all.txt
    if grep -vq '^{"timestamp":"2.*}$' all.txt; then echo "$1 number $3 with errno $2: a torn line"; exit 1; fi
    grep -o '"who":[01],"n":[0-9]*,' all.txt | sort >written.txt
    sort accepted.txt >sorted.txt
    if [ -n "$(comm -23 sorted.txt written.txt)" ]; then
        echo "$1 number $3 with errno $2: lost $(comm -23 sorted.txt written.txt | wc -l), the first $(comm -23 sorted.txt written.txt | head -1)"; exit 1
    fi
    if [ -n "$(uniq -d written.txt)" ]; then echo "$1 number $3 with errno $2: doubled $(uniq -d written.txt | head -1)"; exit 1; fi
    return $((status == 3))
}
ENOSPC=28 EIO=5 EINTR=4 EMFILE=24 ENOMEM=12
for kind in write:$ENOSPC write:$EIO write:$EINTR write:short open:$EMFILE open:$EINTR rename:$EIO fallocate:$ENOSPC fallocate:$EINTR \
            mmap:$ENOMEM flock:$EINTR ftruncate:$EIO malloc:$ENOMEM; do
    IFS=: read -r call error <<<"$kind"
    k=1
    while one "$call" "$error" $k && [ $k -lt 2000 ]; do
        if [ $k -lt 20 ]; then k=$((k + 1)); else k=$((k + stride)); fi
    done
done
echo "$runs runs: nothing lost, doubled or torn"
