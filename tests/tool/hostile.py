"""Hostile logs: every command ends, with a status of its own, and lets nothing through that acts on a terminal.
hostile.py LOGKIT [ROUNDS [SIZE]]: SIZE 10 for the long version, with lines of forty megabytes"""
import json, os, random, re, resource, subprocess, sys, tempfile

logkit, rounds = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 6
size = int(sys.argv[3]) if len(sys.argv) > 3 else 1
dice = random.Random(20261122)
here = os.path.dirname(os.path.realpath(__file__))
folder = tempfile.mkdtemp()
os.chdir(folder)
own = json.dumps({"timestamp": "2026-11-21T12:00:00.000001Z", "level": "error", "event": "END", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
                  "parent_span_id": "00f067aa0ba902b8", "user": "ada", "span": "s", "dur_ms": 1.5, "status": "error",
                  "exc_info": {"type": "E", "what": "w", "stack": ["f (x.cpp:1)"], "nested": [{"type": "N", "what": "v", "stack": []}]}, "src": "x.cpp:1"}, separators=(",", ":")).encode()
commands = [["show"], ["show", "-l", "info+", "user=ada"], ["show", "-r", "-n", "5"], ["show", "user~a", "n>1"], ["show", "ada"], ["show", "o.p.q=1"], ["errors"], ["errors", "--json"], ["trace", "4b"], ["trace", "--last-error"],
            ["trace", "--slowest", "--json"], ["stats"], ["stats", "--by", "user"], ["stats", "--json"], ["digest"], ["digest", "--max-tokens", "300"], ["verify"], ["verify", "--json"],
            ["show", "-C", "1", "ada"], ["show", "-o", "logfmt"], ["show", "-o", "tsv"], ["show", "-o", "json", "--fields", "timestamp,level,o,user,exc_info"], ["show", "--trace-of", "ada", "--hide", "user"],
            ["count", "--by", "user,o", "--of", "dur_ms,n"], ["count", "--every", "1d", "--by", "level", "--json"], ["top", "trace_id", "--json"],
            ["export", "--otlp"], ["export", "--csv"], ["export", "--chrome-trace"]]
# C0 but for line ends (and, in CSV and JSON of others, tabs); DEL; C1; bidirectional controls. Our own colours are off.
acts = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")


def deep(kind, n):
    return {"[": b"[" * n, "[]": b"[" * n + b"]" * n, "{": b'{"a":' * n, "{}": b'{"a":' * n + b"1" + b"}" * n}[kind]


def whole(value): return b'{"level":"error","msg":"m","trace_id":"4b","exc_info":' + value + b',"o":' + value + b"}"


fixed = {
    "json test suite": b"\n".join([b"[]", b"{}", b"null", b'""', b"1", b"[1,]", b'{"a":1,}', b"{'a':1}", b'{"a":01}', b'{"a":1e}', b'{"a":.5}', b'{"a":-}', b'{"a":+1}', b'{"a":0x1}', b'{"a":NaN}',
                                   b'{"a":Infinity}', b'{"a":1e999}', b'{"a":-1e-999}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":"\\x"}', b'{"a":"\\', b'{"a":"\x00"}', b'{"a":"\xff"}', b'\xef\xbb\xbf{"a":1}',
                                   b'{"a":1}{"b":2}', b'{"a":1}//', b'{"":1}', b'{"a":1,"a":2}', b'{"a":[1,[2,[3}', b'{"a":tru}', b"{,}", b"{:}", b'{"a"}', b"\x00", b"\xff\xfe", b'{"a":' + b"9" * 5000 + b"}", b'{"a":123456789012345678901234567890}']),
    "escapes": b"\n".join([own.replace(b"ada", s) for s in (b"\\u001b[2J", b"\x1b[2J", b"\\u009b2J", b"\xc2\x9b2J", b"\x9b2J", b"\\u202e", b"\xe2\x80\xae", b"\\u0007", b"\\r\\n", b"\x7f", b"\\u0000")]
                         + [own.replace(key, b"\\u001b]0;x\\u0007" + key) for key in (b"user", b"E", b"f (x", b"x.cpp", b'"s"')] + [b"\x1b[31mtext\x07", own.replace(b"END", b"\\u001b[2J"), own.replace(b"4bf9", b"\\u001b[2J4b")]),
    "deep": b"\n".join(whole(deep(kind, n)) for kind in ("[", "[]", "{", "{}") for n in (10, 1000, 100000, 100000 * size)),
    "deep nested exceptions": whole(b'{"type":"x","what":"","stack":[],"nested":[' * 10000 * size + b"]}" * 10000 * size),
    "deep otlp": b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":' + b'{"arrayValue":{"values":[' * 300 + b"]}}" * 300 + b"}]}]}]}\n" + b'{"resourceSpans":' + deep("[]", 5000) + b"}",
    "long line": own[:-1] + b',"pad":"' + b"x" * 4_000_000 * size + b'"}\n' + own,
    "long key": own + b"\n" + b'{"' + b"k" * 300_000 * size + b'":1}\n' + own,
    "many keys": b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(100000)) + b"}",
    "long without end": b"x" * 4_000_000 * size,
    "nothing": b"", "line ends": b"\n" * 100000, "nul": b"\0" * 300_000 * size, "gzip that is none": b"\x1f\x8b" + os.urandom(1000), "zstd that is none": b"\x28\xb5\x2f\xfd" + os.urandom(1000),
    "braces that never close": b'{"a":{\n' * 10000 * size + b"  {\n" * 20000 * size + b"".join(b" " * (i % 1000) + b"{\n" for i in range(600 * size)) + b"[{" * 10000 * size + b"\n" + b"x {" * 10000 * size + b'\nx {"' + b'{"' * 10000 * size,
    "heads of texts": (b"panic: x\n" * 5000 * size + b"Traceback (most recent call last):\n" * 5000 * size + b"Error: x\n    at f (a:1)\n" * 3000 * size + b"==1==ERROR: AddressSanitizer: x\n" * 3000 * size
                       + b"thread 'm' panicked at a:1\n" * 3000 * size + b"Caused by: " * 10000 * size + b"\n" + b" ---> a\n" * 5000 * size),
    "wrapped for ever": b'{"log":"a","stream":"stdout","time":"2026-02-03T09:10:11Z"}\n' * 10000 * size + b"2026-02-03T09:10:11.123456789Z stdout P x\n" * 10000 * size,
    "records in records": b'{"message":"' + b'{\\"message\\":\\"' * 1000 + b'\\"}' * 1000 + b'"}\n' + b'{"Records":[' * 3000 + b"]}" * 3000,
    "circles": b"\n".join([own, own.replace(b'"00f067aa0ba902b7"', b'"00f067aa0ba902b8"', 1).replace(b'"parent_span_id":"00f067aa0ba902b8"', b'"parent_span_id":"00f067aa0ba902b7"'), own.replace(b"902b8", b"902b7")]),
    "chain of spans": b"\n".join(own.replace(b"00f067aa0ba902b7", b"%016x" % (i + 1)).replace(b"00f067aa0ba902b8", b"%016x" % i) for i in range(3000)),
    "numbers": b"\n".join(own.replace(b"1.5", n) for n in (b"1e308", b"-1e308", b"1e-320", b"-5", b"99999999999999999999", b'"NaN"', b"null", b"[]")) + b"\n" + own.replace(b"2026-11-21T12:00:00.000001Z", b"9999-99-99T99:99:99.999999Z")
               + b"\n" + b'{"time":1e300,"level":1e300,"msg":1}\n{"time":-9223372036854775808,"level":-1}\n{"time":9223372036854775807,"sample_rate":1e-300,"dropped":18446744073709551615}',
}


def mutated():
    lines = []
    for _ in range(dice.randrange(1, 60)):
        line = bytearray(own)
        for _ in range(dice.randrange(0, 12)):
            at = dice.randrange(len(line) + 1)
            match dice.randrange(5):
                case 0: line[at:at + 1] = bytes([dice.randrange(256)])
                case 1: del line[at:at + dice.randrange(40)]
                case 2: line[at:at] = dice.choice([b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\0", b"\x1b[2J", b"\\u001b", b"\\ud83d", b"\xc2\x9b", b"1e999", b"null", own[:50]])
                case 3: line[at:at] = line[:dice.randrange(60)]
                case _: line = line[at:] + line[:at]
        lines.append(bytes(line))
    return b"\n".join(lines)


# What other programs write, torn and spliced.
others = b"".join(open(os.path.join(here, "logs", name), "rb").read() for name in sorted(os.listdir(os.path.join(here, "logs"))))


def mutated_others():
    pieces = []
    for _ in range(dice.randrange(1, 80)):
        at = dice.randrange(len(others))
        piece = bytearray(others[at:at + dice.randrange(400)])
        if piece and dice.random() < 0.3: piece[dice.randrange(len(piece))] = dice.randrange(256)
        pieces.append(bytes(piece) + dice.choice([b"", b"\n", b"\n\n", b"}\n", b"\r\n", b"\x1b[2J"]))
    return b"".join(pieces)


def run(name, data, only=commands):
    with open("log", "wb") as out: out.write(data)
    for command in only:
        limit = lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        result = subprocess.run([logkit, *command, "./log"], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, preexec_fn=limit)
        where = f"{name}: logkit {' '.join(command)}"
        if result.returncode not in (0, 1, 2, 3): sys.exit(f"{where}: status {result.returncode}\n{result.stderr[-3000:].decode(errors='replace')}")
        for text in (result.stdout, result.stderr):
            found = None if command[0] == "export" or "-o" in command else acts.search(text)
            if found: sys.exit(f"{where}: lets {found.group()!r} through: {text[max(0, found.start() - 60):found.end() + 20]!r}")
        if "--json" in command and result.stdout: json.loads(result.stdout, parse_int=str)
        if "--chrome-trace" in command and result.returncode in (0, 1): json.loads(result.stdout, parse_int=str)
        if "--otlp" in command or command[:3] == ["show", "-o", "json"]:
            for line in result.stdout.splitlines(): json.loads(line, parse_int=str)


for name, data in fixed.items(): run(name, data)
with open("log", "wb") as out: out.write(fixed["many keys"])
if b"99,500 more fields" not in subprocess.run([logkit, "show", "./log"], capture_output=True).stdout: sys.exit("many keys: show does not say what it leaves out")
for i in range(rounds): run(f"round {i}", mutated(), dice.sample(commands, 6))
for i in range(rounds): run(f"round {i} of others", mutated_others(), dice.sample(commands, 4))
print(f"{len(fixed)} hostile logs and {rounds} damaged ones: no crash, no hang, nothing that acts on a terminal")
