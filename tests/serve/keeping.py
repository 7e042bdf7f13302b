#!/usr/bin/env python3
"""What is kept, and for how long: retention, a full disk, backup, import, repair, and the summaries of what is kept.   keeping.py SERVE LOGKIT [NAME...]"""
import gzip, json, os, random, re, shutil, subprocess, sys, threading, time, urllib.parse
from server import Server, run_tests
program, logkit, wanted = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
tests = []
def test(fn): tests.append(fn); return fn
def run(*words, **env): return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env})
def command(*words): return json.loads(run(logkit, *words, TZ="UTC").stdout)
def until(what):
    began = time.time()
    while not what():
        assert time.time() - began < 120, "it does not come"
        time.sleep(0.02)
def line(n, **more): return json.dumps({"timestamp": "2026-01-01T12:00:00.%06dZ" % n, "level": "info", "event": "e", "n": n, **more}, separators=(",", ":"))
def lines(start, end, **more): return "".join(line(n, **more) + "\n" for n in range(start, end))
def metric(s, name): return int(re.search(rf"^logkit_{name} (\d+)", s.get("/metrics")[1], re.M)[1])
def numbers(s, **parameters): return sorted(json.loads(l)["n"] for l in s.lines(**parameters))
def a_log(folder, name, requests):
    """Requests with a span each, some of which fail."""
    chance, clock = random.Random(7), 0
    def record(level, event, **fields):
        nonlocal clock
        clock += 37
        return json.dumps({"timestamp": "2026-01-01T12:%02d:%02d.%06dZ" % (clock // 60000000 % 60, clock // 1000000 % 60, clock % 1000000), "level": level, "event": event, **fields}, separators=(",", ":")) + "\n"
    with open(f"{folder}/{name}", "w") as f:
        for n in range(requests):
            ids = {"trace_id": "%032x" % chance.getrandbits(128), "span_id": "%016x" % chance.getrandbits(64)}
            more = {"user": f"user{chance.randrange(50)}", "span": "http.request"}
            for kind in range(chance.randrange(8)): f.write(record(chance.choice(["debug", "info", "warning"]), f"step {chance.randrange(1000)} done", **ids, **more, rows=chance.randrange(100)))
            error = {"type": "declined", "message": f"card {n} declined", "stack": [{"function": "charge", "file": "shop.cpp", "line": 13}]}
            failed = {"status": "error", "exc_info": error} if chance.random() < 0.02 else {"status": "success"}
            f.write(record("error" if failed["status"] == "error" else "info", "END", **ids, **more, dur_ms=chance.random() * 30, **failed))
    return f"{folder}/{name}"

@test
def summaries(s, folder):
    """What the commands tell of the file, the server tells of the store; also after sealing, of a part, and behind the wall of a key."""
    log = a_log(folder, "run.log", 4000)
    whole = open(log).readlines()
    for part in range(0, len(whole), 500): assert s.post("/ingest", "".join(whole[part:part + 500]))[0] == 200  # some commits, to be sealed
    trace = json.loads(open(log).readlines()[777])["trace_id"]
    pairs = [("errors", ["errors"]), ("errors?query=user~user1", ["errors", "user~user1"]), ("stats", ["stats"]), ("stats?by=user&limit=3", ["stats", "--by", "user", "-n", "3"]),
             ("digest", ["digest"]), ("traces/" + trace, ["trace", trace]), ("histogram?every=1m", ["count", "--by", "level", "--every", "1m"]),
             ("histogram?by=&every=1d", ["count", "--every", "1d"]), ("histogram?by=user&limit=5&every=1h&query=level=error", ["count", "--by", "user", "-n", "5", "--every", "1h", "level=error"])]
    for sealed in (False, True):
        for route, words in pairs:
            status, text, _ = s.get("/api/" + route)
            assert status == 200, (route, text)
            told, right = json.loads(text), command(*words, "--json", log)
            assert told == right, (sealed, route, text[:3000], json.dumps(right)[:3000])
        assert json.loads(s.get("/api/services?since=2026-01-01")[1])["services"][0]["error_rate"] > 0
        if not sealed:  # the day of a segment ends with the server's
            s.kill()
            [segment] = [f for f in os.listdir(s.data + "/segments") if f.endswith(".zst")]
            os.rename(f"{s.data}/segments/{segment}", f"{s.data}/segments/2020-01-01{segment[10:]}")
            s.start()
            until(lambda: metric(s, "store_sealed") == 1)
    assert json.loads(s.get("/api/histogram?since=9999-01-01&until=9999-01-02")[1])["seen"] == 0
    assert json.loads(s.get("/api/histogram?since=1960-01-01&until=1969-12-31T23:59:30")[1])["seen"] == 0
    for route, code in [("traces/0123", "not_found"), ("histogram?every=never", "bad_every"), ("stats?limit=0", "bad_limit"), ("errors?query=(", "bad_query"), ("digest?max_tokens=1", "bad_question"),
                        ("histogram?every=10us&since=2020-01-01&query=e", "bad_question"), ("errors?cursor=x", "bad_cursor"), ("traces/" + "0" * 32, "not_found")]:
        status, text, _ = s.get("/api/" + route)
        assert status in (400, 404) and json.loads(text)["error"]["code"] == code, (route, status, text[:300])

@test
def commands(s, folder):
    """The command asks a file, a data folder and a server alike, while the server runs."""
    log = a_log(folder, "run.log", 800)
    whole = open(log).readlines()
    for part in range(0, len(whole), 200): assert s.post("/ingest", "".join(whole[part:part + 200]))[0] == 200
    trace = json.loads(whole[777])["trace_id"]
    for words in (["show", "--json"], ["show", "-n", "20", "level=error"], ["show", "-l", "warning+", "-w", "user=user5 or user=user6"], ["show", "--json", "user=user5"], ["show", "step 77", "rows>50"],
                  ["show", "-w", "rows in (1,2) or not user?", "--since", "2026-01-01T12:00:00.100Z"], ["show", "--trace-of", "rows=7"], ["show", "-C", "2", "level=error", "--since", "2026-01-01T12:00:00.050Z"], ["show", "--around", "2026-01-01T12:00:00.050Z"], ["show", "--trace-of", "rows=7", "-l", "warning+"],
                  ["trace", "--last-error", "user~user1"], ["trace", "--slowest", "user=user7"], ["digest", "level=error"], ["digest", "-l", "error"], ["errors", "--json", "span=http.request", "--since", "2026-01-01"], ["export", "--csv", "level=error"], ["show", "-t", trace], ["show", "-t", trace[:7], "-l", "info+"],
                  ["errors"], ["errors", "--json"], ["trace", trace], ["trace", trace[:9], "--json"],
                  ["trace", "--last-error"], ["stats", "--json"], ["stats", "--by", "user"], ["digest"], ["count", "--by", "level", "--every", "1m"], ["top", "user"], ["fields", "span?"]):
        right = run(logkit, *words, "--log", log)
        for of in (["--log", s.data], ["--server", s.url]):
            told = run(logkit, *words, *of)
            assert (told.returncode, told.stdout) == (right.returncode, right.stdout), (words, of, told.returncode, told.stderr[:300], told.stdout[:1000], right.stdout[:1000])
    assert run(logkit, "show", s.data, "--json").stdout == "".join(whole)
    s.key = json.loads(s.post("/api-keys", {"name": "a", "role": "admin"})[1])["key"]
    refused = run(logkit, "errors", "--server", s.url)
    assert refused.returncode == 3 and "LOGKIT_API_KEY" in refused.stderr and s.key not in refused.stderr, refused
    assert run(logkit, "stats", "--json", "--server", s.url + "/", LOGKIT_API_KEY=s.key).returncode == 0
    for words in (["errors", "--server", "http://127.0.0.1:1"], ["errors", "--server", "not a url"]): assert run(logkit, *words).returncode == 3, words
    assert run(logkit, "show", "-f", s.data).returncode == 2

@test
def walls(s, folder):
    admin = json.loads(s.post("/api-keys", {"name": "a", "role": "admin"})[1])["key"]
    s.key = admin
    keys = {}
    for name in ("shop", "bank"):
        for role in ("ingest", "read"): keys[name, role] = json.loads(s.post("/api-keys", {"name": name, "role": role, "service": name})[1])["key"]
    for name in ("shop", "bank"):
        s.key = keys[name, "ingest"]
        body = "".join('{"timestamp":"2026-01-01T12:00:00.%06dZ","level":"error","event":"broken by %s","trace_id":"%032x"}\n' % (n, name, n % 3) for n in range(30))
        assert s.post("/ingest", body)[0] == 200
    trace = "%032x" % 1
    for route in ("errors", "stats", "digest", "traces/" + trace, "histogram?every=1m&by=service", "histogram?every=1s", "services?since=2026-01-01"):
        s.key = keys["shop", "read"]
        status, text, _ = s.get("/api/" + route)
        assert status == 200 and "bank" not in text, (route, text)
        s.key = admin
        assert "histogram" in route or "stats" in route or "bank" in s.get("/api/" + route)[1], route
    s.key = keys["shop", "read"]
    assert json.loads(s.get("/api/stats")[1])["seen"] == 30 and len(json.loads(s.get("/api/traces/" + trace)[1])["records"]) == 10
    assert json.loads(s.get("/api/histogram?every=1m")[1])["seen"] == 30
    assert s.get("/api/errors?service=bank")[0] == 403
    # Records in records are taken out by those who read; they cannot be of another service either.
    s.key = keys["shop", "ingest"]
    forged = json.dumps({"log": '{"service":"bank","level":"error","event":"forged","timestamp":"2026-01-01T12:00:00Z"}\n', "stream": "stdout", "time": "2026-01-01T12:00:00Z"}, separators=(",", ":")) + "\n"
    answer = json.loads(s.post("/ingest", forged)[1])
    assert answer["accepted"] == 0 and "service" in answer["rejected"][0]["reason"], answer
    # Nor does `next` tell whether there are others.
    s.key = keys["bank", "ingest"]
    assert s.post("/ingest", '{"timestamp":"2026-01-02T12:00:00Z","event":"password hunter2"}\n')[0] == 200
    s.key = keys["shop", "ingest"]
    assert s.post("/ingest", '{"timestamp":"2026-01-03T12:00:00Z","event":"markerrec"}\n')[0] == 200
    s.key = keys["shop", "read"]
    nexts = [json.loads(s.get("/api/logs?limit=1&since=2026-01-02&query=" + urllib.parse.quote(f"markerrec or {word}"))[1])["next"] for word in ("hunter2", "hunter3")]
    assert nexts[0] == nexts[1], nexts

@test
def retention(s, folder):
    stream = {"Logkit_Stream": "0af7651916cd43dd8448eb211c80319c"}
    first = lines(0, 500)
    assert s.post("/ingest", first, Logkit_Position="0", **stream)[0] == 200
    assert s.post("/logs", {"message": "kept answer"}, Idempotency_Key="k")[0] == 202
    s.kill()
    s.options = ("--retention", "1s")
    s.start()
    until(lambda: metric(s, "store_records") == 0)
    assert s.lines() == [] and metric(s, "records_dropped_total") == 501
    # What was promised of them holds: the stream goes on where it was, and the answer is as at first.
    answer = json.loads(s.post("/ingest", first + lines(500, 510), Logkit_Position="0", **stream)[1])
    assert answer["accepted"] == 10, answer
    assert s.post("/logs", {"message": "kept answer"}, Idempotency_Key="k")[:2] == (202, '{"accepted":1}\n')
    s.kill()
    s.options = ("--max-bytes", "16M")
    s.start()
    for n in range(300): assert s.post("/ingest", "".join(line(n * 100 + k, more=os.urandom(1000).hex()) + "\n" for k in range(100)))[0] == 200
    until(lambda: metric(s, "store_bytes") <= 16 << 20)
    assert metric(s, "store_records") > 1000
    assert "dropped" in open(s.data + "/serve.log").read()
    for bad in (["--retention", "soon"], ["--max-bytes", "much"], ["--max-bytes", "5"], ["--retention", "-1d"]):
        assert run(program, *bad).returncode == 2, bad

@test
def a_full_disk(s, folder):
    if os.getuid() != 0: return print("skipped a_full_disk: only root mounts")
    s.end()
    mount = folder + "/small"
    os.mkdir(mount)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", mount]).returncode != 0: return print("skipped a_full_disk: no mount")
    try:
        small = Server(program, mount)
        until(lambda: os.path.exists(small.data + "/reserve"))
        stored = 0
        while True:
            status, text, headers = small.post("/ingest", "".join(line(stored + k, more=os.urandom(600).hex()) + "\n" for k in range(1000)))
            if status != 200: break
            stored += 1000
        assert status == 503 and "retry-after" in headers, (status, text)
        until(lambda: small.get("/ready")[0] == 503 and not os.path.exists(small.data + "/reserve"))
        assert small.post("/ingest", lines(0, 1))[0] == 503 and small.get("/health")[0] == 200
        read = lambda: metric(small, "store_records")
        assert read() == stored and len(small.lines(limit="10")) == 10
        with open(mount + "/ballast", "wb", buffering=0) as ballast:  # somebody else takes the rest
            try:
                while True: ballast.write(bytes(65536))
            except OSError: pass
        small.process.send_signal(15); assert small.process.wait(timeout=10) == 0
        process = subprocess.Popen([program, "--data", small.data, "--listen", f"127.0.0.1:{small.port}"], stdout=subprocess.DEVNULL, env=small.env)
        small.process = process
        until(lambda: small.get("/health")[0] == 200)
        until(lambda: small.get("/api/logs?limit=1")[0] == 200)
        assert read() == stored and small.get("/ready")[0] == 503
        process.kill(); process.wait()
        small.process = subprocess.Popen([program, "--data", small.data, "--listen", f"127.0.0.1:{small.port}", "--retention", "1s"], stdout=subprocess.DEVNULL, env=small.env)
        until(lambda: small.get("/health")[0] == 200)
        os.remove(mount + "/ballast")
        until(lambda: small.get("/ready")[0] == 200)
        until(lambda: read() == 0)
        assert small.post("/ingest", lines(0, 1))[0] == 200
        small.process.kill(); small.process.wait()
    finally: subprocess.run(["umount", "-l", mount])

@test
def backup_and_restore(s, folder):
    key = json.loads(s.post("/api-keys", {"name": "a", "role": "admin"})[1])["key"]
    s.key = key
    going, sent = True, 0
    def send():
        nonlocal sent
        while going:
            assert s.post("/ingest", lines(sent, sent + 10))[0] == 200
            sent += 10
    sender = threading.Thread(target=send)
    sender.start()
    for round in range(4):
        until(lambda: sent > round * 400)
        before, copy = sent, f"{folder}/backup{round}"
        made = run(program, "backup", copy, "--data", s.data)
        assert made.returncode == 0 and "a backup of" in made.stdout, made
        restored = Server(program, folder + "/restore%d" % round)
        restored.end()
        shutil.rmtree(restored.data); shutil.copytree(copy, restored.data)
        restored.key = key
        restored.start()
        found = numbers(restored)
        assert found == list(range(len(found))) and len(found) >= before, (len(found), before)
        assert restored.get("/api/logs", Authorization="Bearer no")[0] == 401
        restored.end()
    going = False
    sender.join()
    assert run(program, "backup", copy, "--data", s.data).returncode == 2  # there is one
    assert run(program, "backup", folder + "/x", "--data", folder + "/nothing").returncode == 2

@test
def imported(s, folder):
    busy = run(program, "import", a_log(folder, "run.log", 200), "--data", s.data)
    assert busy.returncode == 2 and "another server" in busy.stderr, busy
    s.end()
    log, packed = folder + "/run.log", folder + "/old.log.gz"
    with gzip.open(packed, "wt") as f: f.write(lines(0, 100)); f.write("no JSON at all\n"); f.write(line(100))  # without an end
    told = run(program, "import", log, packed, "--data", s.data, "--service", "shop")
    count = len(open(log).readlines())
    assert told.returncode == 0 and f"run.log: {count} records" in told.stdout and "old.log.gz: 102 records" in told.stdout, told
    with open(log, "a") as f: f.write(line(7777) + "\n")
    assert "run.log: 1 records" in run(program, "import", log, packed, "--data", s.data).stdout
    other = folder + "/other.log"
    with open(other, "w") as f: f.write(lines(20000, 20100) + line(20100)[:20])  # its writer is not done
    told = run(program, "import", other, "--data", s.data, "--service", "shop")
    assert "100 records" in told.stdout and "no end" in told.stdout, told
    with open(other, "a") as f: f.write(line(20100)[20:])
    assert "1 records" in run(program, "import", other, "--data", s.data, "--service", "shop").stdout
    with open(other, "a") as f: f.write("\n" + lines(20101, 20103))
    assert "2 records" in run(program, "import", other, "--data", s.data, "--service", "shop").stdout
    for words in (["--service", "another"], ["--service", "shop"]):
        if words[1] == "shop": open(other, "w").write(lines(20000, 20100) + "x" * 100 + "\n" + lines(0, 50))
        refused = run(program, "import", other, "--data", s.data, *words)
        assert refused.returncode not in (0, 2) and "cannot be imported" in refused.stderr, (words, refused)
    s.start()
    assert len(s.lines()) == count + 206
    got = json.loads(s.lines(query="n=5")[0])
    assert got["timestamp"].startswith("2026-01-01T12:00:00")
    assert len(json.loads(s.get("/api/logs?service=shop&limit=100000&since=2020-01-01")[1])["records"]) == count + 205
    assert run(program, "import", folder + "/none.log", "--data", folder + "/fresh").returncode != 0

@test
def repair(s, folder):
    for n in range(100): assert s.post("/ingest", lines(n * 10, n * 10 + 10))[0] == 200
    s.kill()
    [segment] = [f for f in os.listdir(s.data + "/segments") if f.endswith(".zst")]
    path = f"{s.data}/segments/{segment}"
    whole = bytearray(open(path, "rb").read())
    whole[len(whole) // 2] ^= 1
    with open(path, "wb") as f: f.write(whole)
    assert run(program, "verify", "--data", s.data).returncode == 1
    told = run(program, "repair", "--data", s.data)
    assert told.returncode == 0 and "mended" in told.stdout, told
    assert open(path + ".damaged", "rb").read() == whole
    assert run(program, "verify", "--data", s.data).returncode == 0
    assert "nothing" in run(program, "repair", "--data", s.data).stdout
    s.start()
    assert 980 <= len(s.lines()) < 1000
    assert run(program, "repair", "--data", s.data).returncode == 2  # a server has it

run_tests(program, tests, wanted)
