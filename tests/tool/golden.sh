#!/usr/bin/env bash
# Every command's output, byte for byte.   golden.sh LOGKIT PYTHON SCHEMA [--update]
# Where the output is meant to change: golden.sh … --update, and read the difference before it is committed.
set -uo pipefail
logkit=$(realpath "$1") python=$2 schema=$(realpath "$3") update=${4:-}
here=$(cd "$(dirname "$0")" && pwd)
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
"$python" "$here/make_logs.py" "$logs"
cd "$logs"
export TZ=UTC COLUMNS=120 LC_ALL=C.UTF-8 LOG_JOURNAL=$logs/journals # what other programs leave in memory is not ours
unset LOG_FILE NO_COLOR FORCE_COLOR PAGER
failed=0

# golden NAME ARGUMENTS...: standard output, standard error and status, against golden/NAME.txt.
golden() {
    local name=$1 output expected=$here/golden/$1.txt
    shift
    output=$("$logkit" "$@" 2>stderr.txt </dev/null; echo "[status $?]"; [ -s stderr.txt ] && sed 's/^/[stderr] /' stderr.txt)
    if [ -n "$update" ]; then
        printf '%s\n' "$output" >"$expected"
    elif ! diff -u "$expected" <(printf '%s\n' "$output"); then
        echo "golden: $name differs: logkit $*"
        failed=1
    fi
    # Whatever the log holds, nothing that acts on a terminal comes out.
    if [[ $name != *_json_raw ]] && printf '%s' "$output" | LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]|\x1b(?!\[[0-9;]*m)|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]'; then
        echo "golden: $name lets a control character through"
        failed=1
    fi
}

golden show show
golden show_colour --color always show run.log -n 4
golden show_filters show -l warning+ user=eve 'run.log*'
golden show_number show 'dur_ms>=8' 'path~^/items/[12]'
golden show_text show declined --last 2
golden show_json show --json -n 2
golden show_reverse show -r -n 3 run.log
golden show_time show --since 2026-11-21T12:00:00.070Z --until 2026-11-21T12:00:00.075Z
golden show_head show --head 2
golden show_neighbours show -C 1 status=error
golden show_neighbours_last show -B 1 status=error -n 2
golden show_around show --around 2026-11-21T12:00:00.040Z -C 2
golden show_trace_of show --trace-of 'status=error path=/items/3' --fields path,dur_ms
golden show_merged show run.log after.log --since 2026-11-21T12:00:00.078Z
golden show_merged_last show after.log run.log -n 20 -l error+ --hide request
golden show_fields_json show -o json --fields timestamp,user,nothing -n 2
golden show_hide_json show -o json --hide trace_id,span_id,parent_span_id -n 2
golden show_logfmt show -o logfmt -n 3
golden show_logfmt_tricky show -o logfmt --log tricky.log
golden show_csv show -o csv --fields timestamp,span,dur_ms event=END -n 2
golden show_tsv_tricky show -o tsv --hide fields --log tricky.log
golden show_time_full show --time full --utc -n 1
golden show_time_unix show --time unix --head 1
golden usage_around show --around 12:00 --since 1h
golden usage_fields show --fields a,,b
golden usage_form show -o yaml
golden show_others show others.log
golden show_damaged show damaged.log
golden show_damaged_json_raw show --json damaged.log
golden show_nothing show user=nobody
golden tail tail -n 3
# What other programs write, and what stands around it: each file of logs/ in the form of the program it is named after.
for log in "$here"/logs/*.log; do
    name=$(basename "$log" .log)
    cp "$log" "other_$name.log"
    golden "show_other_$name" show --log "other_$name.log"
    golden "errors_other_$name" errors --log "other_$name.log"
done
golden show_text_of_escapes show --log other_escaped.log Ünal
golden digest_texts digest --log other_texts.log
golden trace_texts trace 4bf92f35 --log other_texts.log
golden show_texts_json_raw show --json --log other_texts.log
golden show_mapped --map message=q show --log other_escaped.log
golden usage_map --map colour=q show --log other_escaped.log
golden errors errors
golden errors_json errors --json
golden errors_most errors -n 1 after.log
golden errors_none errors sampled.log -l info
golden errors_others errors others.log
golden trace trace 1003
golden trace_ambiguous trace 10
golden trace_exact trace "$("$logkit" show --json -n 1 request=3 | jq -r .trace_id)"
golden trace_last_error trace --last-error
golden trace_slowest trace --slowest --spans-only span=db.query
golden trace_open trace 1fff
golden trace_json trace --last-error --json
golden trace_none trace --last-error sampled.log
golden count count
golden count_filter count -l error+
golden count_by count --by span,status event=END
golden count_every count --every 10ms --by level
golden count_of count --of dur_ms,rows --by span
golden count_json count --json --by span,level --every 20ms --of dur_ms -n 2
golden count_none count user=nobody
golden top top path
golden top_json top user --json --of dur_ms -n 3
golden fields fields
golden fields_tricky fields --log tricky.log -n 2
golden fields_names fields --names run.log
golden fields_json fields --json
golden usage_misspelt erorrs
golden usage_no_file errors app.txt
golden usage_every count --every often
golden usage_steps count --every 1us
golden stats stats
golden stats_by stats --by user
golden stats_json stats --json
golden stats_sampled stats --by level sampled.log
golden diff diff 'run.log*' after.log
golden diff_json diff 'run.log*' after.log --json
golden diff_same diff after.log after.log
golden digest digest
golden digest_small digest --max-tokens 300
golden digest_json digest --json --max-tokens 400 after.log
golden digest_damaged digest damaged.log
golden digest_others digest others.log
golden tricky show tricky.log
golden tricky_errors errors tricky.log
golden tricky_warning show -l warning tricky.log
golden tricky_status show status=error tricky.log
golden tricky_last tail -n 2 tricky.log message!=x status=error
golden tricky_trace_upper trace 4bf92f35ab tricky.log
golden tricky_trace_exact trace req-1 tricky.log
golden tricky_digest digest tricky.log
golden usage_brackets show run.log '[secret.log]'
golden verify verify
golden verify_damaged verify damaged.log sampled.log
golden verify_json verify --json damaged.log
golden export_otlp export --otlp run.log user=eve
golden export_csv export --csv run.log
golden export_columns export --csv --columns span,dur_ms,http_status span=http.request run.log
golden export_chrome export --chrome-trace run.log user=eve
golden schema schema
golden schema_errors schema errors
golden help --help
golden help_show show --help
golden usage_none
golden usage_command explode
golden usage_level show -l loud
golden usage_filter show 'n>many'
golden usage_regex show 'user~('
golden usage_time show --since soon
golden usage_tokens digest --max-tokens 10
golden usage_export export run.log
golden usage_schema schema nothing
golden missing_file show nowhere.log
golden folder show .
golden completions_bash completions bash
golden recover recover run.log

# A terminal of 80 columns.
for command in stats errors "trace --last-error" "stats --by path" "count --by path --of dur_ms" fields; do
    COLUMNS=80 golden "80_${command//[^a-z_]/_}" $command
done
"$python" - "$here"/golden/80_*.txt <<'PY' || failed=1
import sys, unicodedata
for path in sys.argv[1:]:
    for line in open(path, encoding="utf-8"):
        width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip("\n"))
        assert width <= 80, f"{path}: {width} columns: {line}"
PY
# What is piped in is read, however late it comes; a pipe without anything is none.
piped() { [ "$(cat)" = "$1" ] || { echo "golden: standard input: expected $1"; failed=1; }; }
piped 1 < <(tail -n 1 run.log | "$logkit" count)
piped 1 < <({ sleep 0.3; tail -n 1 run.log; } | "$logkit" count)
piped 1 < <(tail -n 1 run.log >one.log; "$logkit" count <one.log)
piped 54 < <(true | "$logkit" count)
piped 54 < <("$logkit" count <&-)

# What --json writes is what `logkit schema` says.
"$python" - "$schema" "$here/golden" <<'PY' || failed=1
import json, sys
import jsonschema
whole = json.load(open(sys.argv[1]))
checked = 0
for name, schema in (("errors_json", "errors"), ("trace_json", "trace"), ("stats_json", "stats"), ("count_json", "count"), ("top_json", "count"), ("fields_json", "fields"), ("diff_json", "diff"), ("digest_json", "digest"), ("verify_json", "verify")):
    document = json.loads(open(f"{sys.argv[2]}/{name}.txt", encoding="utf-8").readline())
    validator = jsonschema.Draft7Validator({**whole["definitions"][schema], "definitions": whole["definitions"]})
    for error in validator.iter_errors(document):
        sys.exit(f"{name}: {list(error.absolute_path)}: {error.message}")
    assert list(validator.iter_errors({**document, "surprise": 1})), f"the schema of {schema} accepts anything"
    checked += 1
assert checked == 9
PY

# The same log gives the same digest, however the work fell to the threads; and the digest keeps its budget.
for i in $(seq 8); do "$logkit" digest after.log 2>/dev/null | md5sum; done | uniq | wc -l | grep -qx 1 || { echo "digest: not deterministic"; failed=1; }
for tokens in 300 350 400 500 700 1000 5000; do
    "$logkit" digest --json --max-tokens $tokens 'run.log*' after.log others.log 2>/dev/null | jq -e '.tokens <= .max_tokens' >/dev/null || { echo "digest: over its budget of $tokens"; failed=1; }
done
# Compressed, piped, or in pieces: the same records.
zcat run.log.2.gz | "$logkit" show --json - >piped.txt 2>/dev/null
"$logkit" show --json run.log.2.gz | cmp - piped.txt || failed=1
zstd -q -k run.log -o packed && "$logkit" show --json packed | cmp - run.log || failed=1
# What is exported as OTLP is read back as the same records. (Nested causes have no place in OTLP.)
"$logkit" export --otlp run.log >otlp.jsonl
failures='[.records, (.groups | map(.records) | add), .groups[0].title]'
[ "$("$logkit" errors --json otlp.jsonl | jq -c "$failures")" = "$("$logkit" errors --json run.log | jq -c "$failures")" ] || { echo "export: OTLP is not read back"; failed=1; }
"$logkit" export --chrome-trace run.log | jq -e '[.traceEvents[] | select(.ph == "X")] | length == 8' >/dev/null || { echo "export: trace events"; failed=1; }
"$logkit" export --csv 'run.log*' | "$python" -c 'import csv, sys; rows = list(csv.reader(sys.stdin)); assert len({len(r) for r in rows}) == 1 and len(rows) == 55, len(rows)' || failed=1
# The man page tells of every command, and every option.
"$logkit" completions man >logkit.1
for word in $("$logkit" completions bash | grep -oE -- '--[a-z-]+' | sort -u); do grep -qF -- "${word//-/\\-}" logkit.1 || { echo "man page: lacks $word"; failed=1; }; done
for shell in bash zsh; do command -v $shell >/dev/null && { "$logkit" completions $shell | $shell -n || { echo "completions: $shell"; failed=1; }; }; done
exit $failed
