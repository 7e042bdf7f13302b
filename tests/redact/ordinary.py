#!/usr/bin/env python3
"""Ordinary lines, full of what looks like secrets and is none: nothing may be masked.   ordinary.py LOGKIT N [SEED]"""
import base64, json, random, subprocess, sys, tempfile, uuid

logkit, count = sys.argv[1], int(sys.argv[2])
rnd = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
def hexes(n): return f"{rnd.getrandbits(4 * n):0{n}x}"
def digits(n): return "".join(rnd.choice("0123456789") for _ in range(n))
def b64(n): return base64.b64encode(rnd.randbytes(n)).decode()
def b64url(n): return base64.urlsafe_b64encode(rnd.randbytes(n)).decode()
def time(): return f"2026-{rnd.randint(1,12):02}-{rnd.randint(1,28):02}T{rnd.randint(0,23):02}:{rnd.randint(0,59):02}:{rnd.randint(0,59):02}.{digits(6)}Z"
WORDS = ("order user token bearer basic password secret key card session request response failed done retry cache index "
         "shard replica leader commit branch merge path file upload download image picture queue worker thread").split()
def words(n): return " ".join(rnd.choice(WORDS) for _ in range(n))

TEXTS = [
    lambda: f"{words(5)} in {rnd.random() * 1e4:.3f} ms", lambda: f"commit {hexes(40)} on branch {words(1)}", lambda: f"sha256:{hexes(64)} pulled",
    lambda: f"md5 {hexes(32)} etag \"{hexes(32)}\"", lambda: f"trace {hexes(32)} span {hexes(16)}", lambda: f"request {uuid.UUID(int=rnd.getrandbits(128))} done",
    lambda: f"call +49 {digits(3)} {digits(7)} or ({digits(3)}) {digits(3)}-{digits(4)}", lambda: f"order {digits(3)}-{digits(7)}-{digits(7)} shipped",
    lambda: f"tracking 1Z{hexes(16).upper()} and {digits(22)}", lambda: f"tracking 94{digits(2)} {digits(4)} {digits(4)} {digits(4)} {digits(4)} {digits(2)}",
    lambda: f"id {digits(16)} at {digits(13)} and {digits(19)}", lambda: f"data:image/png;base64,{b64(300)}", lambda: f"blob {b64url(200)}",
    lambda: f"{time()} {words(4)}", lambda: f"10.{rnd.randint(0,255)}.{rnd.randint(0,255)}.1:{rnd.randint(1,65535)} -> [2001:db8::{hexes(4)}]:443",
    lambda: f"GET https://shop.example:8443/items/{digits(9)}?page={rnd.randint(1,9)}&q={words(1)}&sort=name HTTP/1.1 200 {digits(5)}",
    lambda: f"git@github.com:acme/{words(1)}.git https://ada@git.example/x.git", lambda: f"next_token={b64url(20)} max_tokens=4096 prompt_tokens: {digits(3)}",
    lambda: f"bearer authentication required, basic auth failed for user ada", lambda: "Failed password for invalid user admin from 10.0.0.1 port 22 ssh2",
    lambda: f"Unexpected token: {rnd.choice('<}])')} in JSON at position {digits(2)}", lambda: f"exited with sig=11 after {digits(4)} s",
    lambda: f"tests passed: {digits(3)}, pass: {digits(3)}, fail: 0", lambda: f"cache key user:{digits(6)}:profile hit, primary_key=id sort_key=ts",
    lambda: f"version 1.{digits(2)}.{digits(1)}-rc.{digits(1)}+{hexes(8)}", lambda: f"/var/lib/docker/overlay2/{hexes(64)}/merged", lambda: f"C:\\users\\ada\\temp\\{hexes(8)}.tmp",
    lambda: f"ISBN 978-{digits(1)}-{digits(2)}-{digits(6)}-{digits(1)}, IBAN is not given, EAN {digits(13)}", lambda: f"p50={rnd.random():.3f} p99={rnd.random():.3f} n={digits(6)}",
    lambda: f"arn:aws:iam::{digits(12)}:role/shop s3://bucket/{hexes(12)}/part-{digits(5)}", lambda: f"task-{hexes(12)} disk-{hexes(12)} risk-{hexes(40)} sk-{words(1)}",
]
def line():
    text = rnd.choice(TEXTS)()
    how = rnd.randrange(4)
    if how == 0: return text
    if how == 1: return f'time={time()} level=info msg="{text.replace(chr(92), "/").replace(chr(34), chr(39))}" n={digits(3)} user=u{digits(4)}'
    record = {"timestamp": time(), "level": "info", "event": text, "trace_id": hexes(32), "span_id": hexes(16), "n": int(digits(6)), "id": int("1" + digits(15)),
              "user": {"id": f"u{digits(5)}", "tags": words(3).split()}, "dur_ms": rnd.random() * 100, "src": f"shop.cpp:{digits(3)}"}
    return json.dumps(record, ensure_ascii=how == 2)

with tempfile.NamedTemporaryFile("w", suffix=".log") as f:
    lines = [line() for _ in range(count)]
    f.write("\n".join(lines) + "\n"); f.flush()
    out = subprocess.run([logkit, "redact", f.name], capture_output=True, text=True, check=True).stdout.split("\n")
changed = [(a, b) for a, b in zip(lines, out) if a != b]
for a, b in changed[:10]: print("masked:", a[:300], "\n    as:", b[:300])
print(f"{len(changed)} of {count} ordinary lines masked")
sys.exit(1 if changed or len(out) != count + 1 else 0)
