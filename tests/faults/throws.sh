#!/usr/bin/env bash
# throws.sh PROGRAM has_lines: what the log tells of exceptions when throws are traced.
set -euo pipefail
program=$1
export LOG_CONSOLE=off LOG_FILE=throws.log LOG_JOURNAL=$PWD/journals
ulimit -c 0
fail() { echo "$1"; tail -2 throws.log; exit 1; }
# is EXPRESSION: true of the records as an array
is() { jq -s -e "$1" throws.log >/dev/null || fail "$1"; }

rm -rf throws.log* journals
"$program"
end() { echo "(map(select(.event == \"END\" and .span == \"$1\"))[0] | .exc_info)"; }
# The first frames of the throw are the functions that threw, also of a plain capture, and of others' throws.
is "$(end plain) | .type == \"std::runtime_error\" and .what == \"deep trouble\" and ([.stack[:3][] | contains(\"thrower\")] | all) and (.stack[3] | contains(\"survive\"))"
is "$(end plain).stack == (map(select(.event == \"caught\"))[0].exc_info.stack)"
is "$(end library) | .type == \"std::out_of_range\" and ([.stack[] | contains(\"by_the_library\")] | any)"
is "$(end busy) | .what == \"deep trouble\""
is "map(select(.event == \"inner\"))[0].exc_info.what == \"on the way\""
is "$(end rethrown) | .what == \"deep trouble\" and (.stack[0] | contains(\"thrower\"))"
is "$(end "from a thread") | .what == \"deep trouble\" and (.stack[0] | contains(\"thrower\"))"
is "map(select(.event == \"at the end\"))[0].exc_info.stack[0] | contains(\"thrower\")"
if [ "$2" = 1 ]; then
    is "$(end plain).stack[0] | test(\"thrower.*\\\\(throws.cpp:[0-9]+\\\\)\")"
    is "$(end inlined).stack | (.[0] | test(\"app::inlined.*\\\\(throws.cpp:[0-9]+\\\\)\")) and (.[1] | test(\"app::host_of_inlined.*\\\\(throws.cpp:[0-9]+\\\\)\"))"
    is "$(end handler).stack | (.[0] | test(\"^.anonymous namespace.::shelf::take.*\\\\(throws.cpp:[0-9]+\\\\)\")) and (.[1] | test(\"handler.*operator.*\\\\(throws.cpp:[0-9]+\\\\)\"))"
fi

for way in noexcept:"exception left a noexcept function" thread:"uncaught exception" uncaught:"uncaught exception" library:"uncaught exception" terminate:"std::terminate was called"; do
    rm -rf throws.log* journals
    status=0
    "$program" "${way%%:*}" 2>/dev/null || status=$?
    [ $status = 134 ] || fail "$way: exit status $status"
    is "map(select(.level == \"critical\")) | length == 1 and .[0].event == \"${way#*:}\" and (.[0].exc_info.stack | map(contains(\"thrower\") or contains(\"by_the_library\")) | any)"
done
echo "exceptions: all told"
