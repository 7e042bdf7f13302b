#!/usr/bin/env bash
# What redaction by value costs, in one run:   redaction.sh BENCH_LOGKIT LOGKIT
# The library's CPU time and rate to file with it and without, in turns; `logkit redact` over lines without secrets, and
# over lines that are full of them.
set -euo pipefail
bench=$(realpath "$1") logkit=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 - <<'PY'
import json, random
rnd = random.Random(1)
events = ["request done", "cache miss", "order placed", "payment accepted", "user logged in", "query slow", "connection closed"]
with open("plain.log", "w") as f:
    for i in range(1_500_000):
        f.write(json.dumps({"timestamp": f"2026-11-27T21:{i // 60 % 60:02}:{i % 60:02}.{i % 1000000:06}Z", "level": "info",
                            "event": rnd.choice(events), "trace_id": f"{rnd.getrandbits(128):032x}",
                            "span_id": f"{rnd.getrandbits(64):016x}", "service": "shop", "n": i, "dur_ms": i % 977 / 8,
                            "src": f"shop.cpp:{i % 500}"}, separators=(",", ":")) + "\n")
with open("full.log", "w") as f:
    for i in range(400_000):
        f.write(json.dumps({"msg": f"password=hunter{i} token={i:x} https://u:pw{i}@h/?sig={i:x}&x=1 Bearer abcDEF{i:012} "
                            f"ghp_{i:036} card 4111 1111 1111 1111"}) + "\n")
with open("one_trigger.log", "w") as f:
    for piece in ["password=", "eyJ", "://a:b", "token: a ", "4111 ", "-eyJ"]: f.write(piece * (1_000_000 // len(piece)) + "\n")
PY
best() { for _ in 1 2 3; do /usr/bin/env bash -c 'TIMEFORMAT=%R; time "$@" >/dev/null' _ "$@" 2>&1 | tail -1; done | sort -n | head -1; }
for log in plain full one_trigger; do
    seconds=$(best "$logkit" redact $log.log)
    without=$(LOG_REDACT=off LOG_REDACT_VALUES=off best "$logkit" redact $log.log)
    awk -v log="$log" -v bytes="$(stat -c %s $log.log)" -v s="$seconds" -v w="$without" \
        'BEGIN { printf "logkit redact, %-12s %5.2f GB/s on all cores (%.2f without any rule)\n", log ":", bytes / s / 1e9, bytes / w / 1e9 }'
done
for run in 1 2 3 4 5; do
    "$bench" throughput 1 4000000 >>on 2>/dev/null
    LOG_REDACT_VALUES=off "$bench" throughput 1 4000000 >>off 2>/dev/null
done
median() { jq -s "map(.$2) | sort | .[length / 2 | floor]" "$1"; }
for what in on off; do
    echo "to file, rules $what: $(median $what mrps) M records/s, $(median $what cpu) CPU s a million"
done
