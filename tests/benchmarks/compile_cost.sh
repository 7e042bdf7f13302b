#!/usr/bin/env bash
# What a logger costs the compiler: seconds of user time for one translation unit with one call and with 201, and the
# bytes of machine code. Medians of RUNS, interleaved. Peers as for the other benchmarks: spdlog where it is installed,
# quill where QUILL_INCLUDE says.
#   [QUILL_INCLUDE=…] compile_cost.sh [RUNS]
set -euo pipefail
runs=${1:-5}
include=$(realpath "$(dirname "$0")/../../include")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# unit NAME CALLS: writes NAME.CALLS.cpp
unit() {
    local head tail body=$3
    head=$2
    for calls in 1 201; do
        { printf '%b\n' "$head"; for ((i = 0; i < calls; ++i)); do printf "$body\n" "$i" "$i"; done; } >"$1.$calls.cpp"
    done
}
arguments='std::string const\& path, int status, double ms'
unit string '#include <string>' '// %d %d'
unit logkit '#include <logkit.hpp>\n#include <string>\nusing logkit::kv;' \
    "void f%d(${arguments//\\/}) { logkit::log.info(\"request handled %d\", kv(\"method\", \"GET\"), kv(\"path\", path), kv(\"status\", status), kv(\"ms\", ms)); }"
unit spdlog '#include <spdlog/spdlog.h>\n#include <string>' \
    "void f%d(${arguments//\\/}) { spdlog::info(\"request handled %d {} {} {} {}\", \"GET\", path, status, ms); }"
unit quill '#include <quill/LogMacros.h>\n#include <quill/Logger.h>\n#include <string>' \
    "void f%d(quill::Logger* l, ${arguments//\\/}) { LOG_INFO(l, \"request handled %d {} {} {} {}\", \"GET\", path, status, ms); }"
unit quill_all '#include <quill/Backend.h>\n#include <quill/Frontend.h>\n#include <quill/LogMacros.h>\n#include <quill/Logger.h>\n#include <quill/sinks/JsonSink.h>\n#include <string>\nvoid start() { quill::Backend::start(); quill::Frontend::create_or_get_logger("r", quill::Frontend::create_or_get_sink<quill::JsonFileSink>("x", quill::FileSinkConfig{})); }' \
    "void f%d(quill::Logger* l, ${arguments//\\/}) { LOG_INFO(l, \"request handled %d {} {} {} {}\", \"GET\", path, status, ms); }"

rows=("string|string|" "logkit, header-only|logkit|-I$include -DFMT_HEADER_ONLY" "logkit, LOGKIT_SPLIT|logkit|-I$include -DLOGKIT_SPLIT")
if echo '#include <spdlog/spdlog.h>' | ${CXX:-g++} -std=c++20 -E -x c++ - >/dev/null 2>&1; then
    rows+=("spdlog, header-only|spdlog|-DSPDLOG_FMT_EXTERNAL -DFMT_HEADER_ONLY" "spdlog, compiled|spdlog|-DSPDLOG_FMT_EXTERNAL -DSPDLOG_COMPILED_LIB")
fi
if [ -n "${QUILL_INCLUDE:-}" ]; then
    rows+=("quill, call site|quill|-I$QUILL_INCLUDE" "quill, with backend|quill_all|-I$QUILL_INCLUDE")
fi

for ((run = 0; run < runs; ++run)); do
    for row in "${rows[@]}"; do
        IFS='|' read -r name source flags <<<"$row"
        for calls in 1 201; do
            # shellcheck disable=SC2086
            /usr/bin/env bash -c 'TIMEFORMAT=%U; time "$@" 2>/dev/null' _ ${CXX:-g++} -std=c++20 -O2 $flags -c "$source.$calls.cpp" -o "$calls.o" 2>>"$name.$calls.seconds"
            size -A "$calls.o" | awk '$1 ~ /^\.text/ { sum += $2 } END { print sum + 0 }' >"$name.$calls.bytes"
        done
    done
done
median() { sort -n "$1" | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'; }
printf '%-24s %10s %16s %16s\n' "" "one call s" "each further ms" "bytes of code"
for row in "${rows[@]}"; do
    name=${row%%|*}
    one=$(median "$name.1.seconds") many=$(median "$name.201.seconds")
    printf '%-24s %10.2f %16.1f %16d\n' "$name" "$one" "$(awk "BEGIN { print ($many - $one) * 5 }")" $((($(cat "$name.201.bytes") - $(cat "$name.1.bytes")) / 200))
done
