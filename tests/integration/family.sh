#!/usr/bin/env bash
# A child process continues its parent's trace in its first unit of work, and only there.   family.sh <family>
set -euo pipefail
rm -f run.log*
LOG_CONSOLE=off LOG_FILE=run.log "$1"
jq -s -e '
  (map(select(.span == "parent"))[0]) as $parent | (map(select(.span == "child"))[0]) as $child |
  (map(select(.event == "second unit of work"))[0]) as $second |
  $child.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736" and $child.parent_span_id == $parent.span_id and
  $parent.parent_span_id == "00f067aa0ba902b7" and $second.trace_id != $child.trace_id' run.log >/dev/null
