#!/usr/bin/env bash
# Every line of real programs against the schema.  schema.sh PYTHON SCHEMA PROGRAM...
set -euo pipefail
python=$1 schema=$2
shift 2
rm -f run.log*
for program in "$@"; do LOG_CONSOLE=off "$program"; done
LOG_CONSOLE=off LOG_SAMPLE=0.9999999 "$1"
"$python" - "$schema" run.log <<'PY'
import json, sys
import jsonschema

schema = json.load(open(sys.argv[1]))
validator_class = jsonschema.validators.validator_for(schema)
validator_class.check_schema(schema)
validator = validator_class(schema)

def pairs_without_repeats(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key twice: {keys}"
    return dict(pairs)

count = 0
for number, line in enumerate(open(sys.argv[2], "rb"), 1):
    assert line.endswith(b"\n"), f"line {number} is torn"
    record = json.loads(line.decode("utf-8"), object_pairs_hook=pairs_without_repeats)
    for error in validator.iter_errors(record):
        sys.exit(f"line {number}: {error.message}")
    count += 1
assert count > 60, count
# The schema must be able to say no.
good = record
for wrong in ({"level": "loud"}, {"timestamp": "yesterday"}, {"trace_id": "xyz"}, {"status": "maybe"}, {"exc_info": {"what": 1}}):
    assert list(validator.iter_errors({**good, **wrong})), f"the schema accepts {wrong}"
for key in ("timestamp", "level", "event", "trace_id"):
    assert list(validator.iter_errors({k: v for k, v in good.items() if k != key})), f"the schema does not want {key}"
print(f"{count} lines are valid")
PY
