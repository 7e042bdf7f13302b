#!/usr/bin/env bash
# Header-only and split write the same bytes.  both_ways.sh HEADER_ONLY SPLIT
set -euo pipefail
rm -f a.log b.log
LOG_FILE=a.log LOG_CONSOLE=off "$1"
LOG_FILE=b.log LOG_CONSOLE=off "$2"
[ "$(wc -l <a.log)" -gt 20 ]
cmp a.log b.log
! grep -qE '"password":"x"' a.log
