#!/usr/bin/env python3
"""What the server answers, route by route, as strangers ask.   routes.py SERVE LOGKIT [NAME...]"""
import concurrent.futures, gzip, http.client, json, os, re, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.parse
from server import Server, run_tests
program, logkit, wanted = sys.argv[1], os.path.abspath(sys.argv[2]), sys.argv[3:]
tests = []
def test(fn): tests.append(fn); return fn
def code(answer): return json.loads(answer[1])["error"]["code"]
def zstd(data): return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout
stream = "0af7651916cd43dd8448eb211c80319c"
def at(position, **more): return {"Logkit_Stream": stream, "Logkit_Position": str(position), **more}

@test
def first_five_minutes(s, folder):
    assert "listens on http://127.0.0.1:" in s.greeting[0]
    command = s.greeting[1].split(":", 1)[1].strip()
    out = subprocess.run(["bash", "-c", command + " -s"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert json.loads(out) == {"accepted": 1}, out
    out = subprocess.run(["bash", "-c", s.greeting[3].split(":", 1)[1].strip() + " -s"], stdout=subprocess.PIPE, text=True).stdout
    assert json.loads(out)["records"][0]["event"] == "hello", out
    assert json.loads(s.get("/health")[1])["status"] == "ok"
    assert s.end() == 0

@test
def entries(s, folder):
    assert s.post("/logs", {"message": "a"})[:2] == (202, '{"accepted":1}\n')
    assert s.post("/logs", {"logs": [{"message": "b", "level": "FATAL"}, {"message": "c", "extra": {"k": [1, None]}, "event": "x"}]})[1] == '{"accepted":2}\n'
    assert s.post("/logs", b'{"message":"n","metadata":{"z":9007199254740993,"a":1e400,"e":-0,"u":"\\ud83d\\ude00"},"tags":["t"]}')[0] == 202
    lines = s.lines()
    assert '"event":"c","service":"","extra":{"k": [1, null]},"event_":"x"}' in lines[2], lines[2]
    assert '"metadata":{"z":9007199254740993,"a":1e400,"e":-0,"u":"\\ud83d\\ude00"}' in lines[3]
    assert json.loads(lines[1])["level"] == "critical"
    for bad, why in [({"logs": []}, "invalid_body"), ([{"message": "a"}], "invalid_body"), ({"message": ""}, "invalid_entry"), ({}, "invalid_entry"),
                     ({"message": 5}, "invalid_entry"), ({"message": "a", "level": "loud"}, "invalid_entry"), ({"message": "a", "metadata": 1}, "invalid_entry"),
                     ({"logs": [{"message": "good"}, 7]}, "invalid_entry"), ({"message": "a", "timestamp": "yesterday"}, "invalid_entry"), ("{", "invalid_body")]:
        answer = s.post("/logs", bad)
        assert answer[0] == 400 and code(answer) == why, (bad, answer)
    assert json.loads(s.post("/logs", {"logs": [{"message": "good"}, 7]})[1])["error"]["details"] == [{"index": 1, "reason": "is no object"}]
    assert s.post("/logs", "x=1", Content_Type="application/x-www-form-urlencoded")[0] == 415
    assert s.post("/logs", '{\n  "message": "pretty",\r\n  "logs_": []\n}\n')[0] == 202
    assert len(s.lines()) == 5  # nothing of what was refused

@test
def times(s, folder):
    given = [(1767268800, "00.000000"), (1767268800.25, "00.250000"), (1767268800000, "00.000000"), (1767268800000001, "00.000001"), (1767268800000000001, "00.000000001"),
             ("2026-01-01T13:00:00+01:00", None), ("2026-01-01 12:00:00z", "00.000000"), ("2026-01-01T12:00:00.123456789Z", "00.123456789")]
    assert s.post("/logs", {"logs": [{"timestamp": t, "message": str(t)} for t, _ in given]})[0] == 202
    for line in map(json.loads, s.lines()):
        seconds = dict((str(t), x) for t, x in given)[line["event"]]
        assert line["timestamp"] == f"2026-01-01T12:00:{seconds or '00.000000'}Z", line
    assert s.post("/logs", {"logs": [{"timestamp": t, "message": str(t)} for t in (0, "0001-01-01T00:00:00Z", "2087-01-01T00:00:00Z", "1969-12-31T23:59:59Z")]})[0] == 202
    assert [json.loads(l)["event"] for l in s.lines()][0] == "0001-01-01T00:00:00Z"
    newest = json.loads(s.get("/api/logs?limit=1")[1])["records"][0]
    assert newest["event"] != "2087-01-01T00:00:00Z"  # without `until`, an answer ends a little after now
    count = lambda query: len(json.loads(s.get("/api/logs?" + query)[1])["records"])
    assert count("since=2026-01-01T13:00:00+01:00&until=2026-01-01T12:00:00Z") == 4  # the + has not been escaped
    assert count("since=2026-01-01") == 8 and count("since=2026-01-01T12:00:00") == 8 and count("since=1767268800") == 8
    for bad in ("since=soon", "since=2026-01-02&until=2026-01-01", "since=1500-ab-cd", "since=3000-13-45", "limit=0", "limit=-1", "limit=x", "order=up", "cursor=x", "query=%22open", "query=a~("):
        assert s.get("/api/logs?" + bad)[0] == 400, bad
    assert count("limit=99999999999999999999999") > 8

@test
def lines_of_anybody(s, folder):
    body = b'\xef\xbb\xbf{"msg":"one","n":1}\r\n\n  \n\x00\x00{"msg":"two"}\n{"msg":"bad \xff"}\n{"v":NaN}\nERROR it broke\n[1]\n{"open":\n'
    assert json.loads(s.post("/ingest", body)[1]) == {"accepted": 7}
    lines = s.lines()
    assert '{"msg":"one","n":1}' in lines and '{"msg":"two"}' in lines and '{"msg":"bad \ufffd"}' in lines and '{"v":"NaN"}' in lines
    texts = [json.loads(l) for l in lines if "unparsed" in l]
    assert [t["event"] for t in texts] == ["ERROR it broke", "[1]", '{"open":'] and texts[0]["level"] == "error" and texts[1]["level"] == "info"
    shown = s.get("/api/logs?query=n=1")[1]
    assert '{"event":"one","n":1}' in shown, shown  # renamed as the reader knows it
    for line in json.loads(s.get("/api/logs")[1])["records"]: assert isinstance(line, dict)
    deep = b'{"a":' + b"[" * 70 + b"]" * 70 + b'}\n{"fine":1}\n'
    assert json.loads(s.post("/ingest", deep)[1]) == {"accepted": 1, "rejected": [{"line": 0, "reason": "nested deeper than 64 levels"}]}
    assert s.post("/ingest", b'{"torn":1}')[0] == 400 and s.post("/ingest", b"")[0] == 200
    many = b'{"service":"types","v":1}\n' * 100_000
    assert json.loads(s.post("/ingest", many, Content_Encoding="zstd") [1])["error"]["code"] == "damaged_body"
    assert json.loads(s.post("/ingest", zstd(many), Content_Encoding="zstd")[1]) == {"accepted": 100_000}
    assert s.post("/ingest", many + b"{}\n")[0] == 413

@test
def streams(s, folder):
    a, b = b'{"n":1}\n{"n":2}\n', b'{"n":3}\n'
    assert json.loads(s.post("/ingest", a, **at(0, Logkit_After="h1"))[1]) == {"accepted": 2, "position": 16, "hash": "h1"}
    assert json.loads(s.post("/ingest", a, **at(0))[1]) == {"accepted": 0, "position": 16, "hash": "h1"}
    assert json.loads(s.post("/ingest", a + b, **at(0, Logkit_After="h2"))[1]) == {"accepted": 1, "position": 24, "hash": "h2"}
    for headers, why in [(at(99), "stream_gap"), (at(20), "stream_forked"), (at(8, Logkit_End="40"), "stream_overlap"), (at(24, Logkit_Before="other"), "stream_forked")]:
        answer = s.post("/ingest", b * 2, **headers)
        assert answer[0] == 409 and code(answer) == why, (headers, answer)
        assert json.loads(answer[1])["error"]["details"] == [{"position": 24, "hash": "h2"}]
    assert json.loads(s.post("/ingest", b, **at(24, Logkit_Before="h2", Logkit_After="h3"))[1])["position"] == 32
    assert json.loads(s.post("/ingest", b, **at(100, Logkit_Gap="spool"))[1])["position"] == 108
    deep = b'{"a":' + b"[" * 70 + b"]" * 70 + b"}\n"
    answer = json.loads(s.post("/ingest", b + deep + b, **at(108))[1])
    assert answer["accepted"] == 2 and answer["rejected"] == [{"position": 116, "reason": "nested deeper than 64 levels"}], answer
    for bad in ({"Logkit_Stream": stream}, {"Logkit_Position": "0"}, {"Logkit_Stream": "x", "Logkit_Position": "0"}, at(2**63), at(-1), at("1x"), at(5, Logkit_End="4")):
        assert code(s.post("/ingest", b, **bad)) == "bad_stream", bad
    def told():
        [one] = json.loads(s.get("/api/streams")[1])["streams"]
        assert one["stream"] == stream and one["gaps"] == [{"from": 32, "to": 100, "reason": "spool"}] and one["rejected"][0]["position"] == 116, one
        return one["position"]
    before = told()
    s.restart()
    assert told() == before and "logkit_stream_gaps_total 1" in s.get("/metrics")[1]
    assert [json.loads(l)["n"] for l in s.lines()] == [1, 2, 3, 3, 3, 3, 3]

@test
def repetitions(s, folder):
    body = {"message": "once"}
    first = s.post("/logs", body, Idempotency_Key="k")
    assert first[0] == 202 and s.post("/logs", body, Idempotency_Key="k")[:2] == first[:2]
    assert s.post("/logs", gzip.compress(json.dumps(body).encode()), Idempotency_Key="k", Content_Encoding="gzip")[:2] == first[:2]
    assert code(s.post("/logs", {"message": "other"}, Idempotency_Key="k")) == "idempotency_key_reused"
    assert s.post("/logs", {"message": ""}, Idempotency_Key="bad")[0] == 400 and s.post("/logs", {"message": "x"}, Idempotency_Key="bad")[0] == 202
    assert s.post("/ingest", b'{"n":1}\n', Idempotency_Key="k")[0] == 200  # a key is its route's
    assert s.post("/logs", body, Idempotency_Key="k" * 256)[0] == 400
    s.restart()
    assert s.post("/logs", body, Idempotency_Key="k")[:2] == first[:2]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = [f.result()[0] for f in [pool.submit(s.post, "/logs", {"message": "race"}, Idempotency_Key="r") for _ in range(64)]]
    assert set(answers) <= {202, 409} and 202 in answers
    assert sum('"race"' in l for l in s.lines()) == 1 and sum('"once"' in l for l in s.lines()) == 1

@test
def limits(s, folder):
    big = b'{"a":"' + b"x" * (33 << 20) + b'"}\n'
    assert code(s.post("/ingest", big)) == "body_too_large"
    bomb = gzip.compress(b"\n" * (64 << 20))
    assert code(s.post("/ingest", bomb, Content_Encoding="gzip")) == "body_too_large"
    assert s.post("/ingest", b"{}\n", Content_Encoding="br")[0] == 415
    assert s.post("/ingest", gzip.compress(b"{}\n")[:-4], Content_Encoding="gzip")[0] == 400
    assert s.post("/ingest", gzip.compress(b'{"a":1}\n') + gzip.compress(b'{"a":2}\n'), Content_Encoding="gzip")[1] == '{"accepted":2}\n'
    assert s.get("/health", X="y" * 40_000)[0] == 431
    assert s.get("/nowhere")[0] == 404 and s.send("DELETE", "/logs")[0] == 405 and s.send("DELETE", "/logs")[2]["allow"] == "POST"
    assert s.get("/%zz")[0] == 400
    with socket.create_connection(("127.0.0.1", s.port)) as link:
        link.sendall(b"nonsense\r\n\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 400")
    with socket.create_connection(("127.0.0.1", s.port)) as link:  # in chunks, and only when told to go on
        link.sendall(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 100")
        link.sendall(b'8\r\n{"c":1}\n\r\n9\r\n{"c":22}\n\r\n0\r\n\r\n')
        assert b'{"accepted":2}' in link.recv(1000)
    with socket.create_connection(("127.0.0.1", s.port)) as link:  # half a body stores nothing
        link.sendall(b'POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"half":1}\n')
    assert s.post("/ingest", b'{"after":1}\n')[0] == 200 and not any("half" in l for l in s.lines())
    answer = s.send("HEAD", "/health")
    assert answer[0] == 200 and answer[1] == ""
    bodies = [socket.create_connection(("127.0.0.1", s.port), timeout=60) for _ in range(8)]  # no room for all of them
    for link in bodies: link.sendall(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (31 << 20))
    for _ in range(30):  # in turn, so that none of them rests until it is given up
        for link in bodies: link.sendall(b" " * (1 << 20))
    for _ in range(100):  # until the others have come
        for link in bodies: link.sendall(b" ")
        last = socket.create_connection(("127.0.0.1", s.port), timeout=60)
        last.sendall(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (20 << 20) + b" " * ((20 << 20) - 1) + b"\n")
        answer = b""
        while piece := last.recv(1 << 16): answer += piece  # to its end, which comes with the body's end
        if not answer.startswith(b"HTTP/1.1 200"): break
    assert answer.startswith(b"HTTP/1.1 503") and b"\r\nRetry-After: 1\r\n" in answer, answer
    for link in bodies + [last]: link.close()

@test
def pages(s, folder):
    for n in range(0, 5000, 100):
        assert s.post("/logs", {"logs": [{"message": "p", "timestamp": 1767268800, "n": n + i} for i in range(100)]})[0] == 202
    for order in ("asc", "desc"):
        seen, cursor, more = [], "", 9000
        while cursor is not None:
            page = json.loads(s.get(f"/api/logs?limit=150&order={order}&cursor={cursor}")[1])
            seen += [r["n"] for r in page["records"]]
            cursor, more = page["next"], more + 1
            if more < 9020: s.post("/logs", {"message": "p", "timestamp": 1767268800, "n": more})
        assert sorted(n for n in seen if n < 5000) == list(range(5000)) and len(seen) == len(set(seen))
    assert len(s.lines(service="")) == len(s.lines()) and s.lines(service="x") == []

@test
def keys(s, folder):
    def make(**body): return json.loads(s.post("/api-keys", body)[1])
    for bad in ({}, {"name": ""}, {"name": "a", "role": "king"}, {"name": "a", "expires_at": "never"}, {"name": "a", "expires_at": "2020-01-01T00:00:00Z"}, {"name": "a", "more": 1}, {"name": 1}, [1]):
        assert s.post("/api-keys", bad)[0] == 400, bad
    shop, reader = make(name="shop", service="shop"), make(name="reader", role="read")
    assert re.fullmatch(r"lk_[A-Za-z0-9_-]{43}", shop["key"]) and shop["prefix"] == shop["key"][:6] and shop["role"] == "ingest"
    assert s.post("/logs", {"message": "open"})[0] == 202  # no admin key yet
    admin = make(name="admin", role="admin")
    auth = lambda key: {"Authorization": "Bearer " + key["key"]}
    assert code(s.post("/logs", {"message": "x"})) == "key_required" and s.get("/api/logs")[0] == 401 and s.get("/metrics")[0] == 401 and s.get("/health")[0] == 200
    assert s.post("/logs", {"message": "in"}, **auth(shop))[0] == 202 and s.post("/logs", {"message": "in", "service": "shop"}, **auth(shop))[0] == 202
    assert code(s.post("/logs", {"message": "x", "service": "other"}, **auth(shop))) == "out_of_scope"
    answer = json.loads(s.post("/ingest", b'{"msg":"mine"}\n{"msg":"not","service":"other"}\n', **auth(shop))[1])
    assert answer == {"accepted": 1, "rejected": [{"line": 1, "reason": "its service is not that of the key"}]}, answer
    assert s.get("/api/logs", **auth(shop))[0] == 403 and s.post("/logs", {"message": "x"}, **auth(reader))[0] == 403 and s.get("/api-keys", **auth(reader))[0] == 403
    wall = json.loads(s.post("/api-keys", {"name": "wall", "role": "read", "service": "shop"}, **auth(admin))[1])
    seen = json.loads(s.get("/api/logs", **auth(wall))[1])["records"]
    assert len(seen) == 3 and all(r["service"] == "shop" for r in seen), seen
    assert s.get("/api/logs?service=other", **auth(wall))[0] == 403
    assert len(json.loads(s.get("/api/logs", **auth(reader))[1])["records"]) == 4
    assert code(s.get("/api/logs", Authorization="Bearer lk_wrong")) == "unknown_key" and s.get("/api/logs?key=" + admin["key"])[0] == 401
    told = json.loads(s.get("/api-keys", **auth(admin))[1])["keys"]
    assert [k["name"] for k in told] == ["shop", "reader", "admin", "wall"] and not any("key" in k or "hash" in k for k in told)
    assert s.send("DELETE", f"/api-keys/{shop['id']}", **auth(admin))[0] == 204 and code(s.post("/logs", {"message": "x"}, **auth(shop))) == "revoked_key"
    assert s.send("DELETE", "/api-keys/77", **auth(admin))[0] == 404
    # On the machine itself, while the server runs.
    run = lambda *words: subprocess.run([program, "keys", *words, "--data", s.data], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    made = run("create", "--role", "read", "cli")
    assert made.returncode == 0 and s.get("/api/logs", Authorization="Bearer " + made.stdout.strip())[0] == 200, made
    assert "cli" in run("list").stdout and made.stdout.strip() not in run("list").stdout
    assert run("revoke", "5").returncode == 0 and s.get("/api/logs", Authorization="Bearer " + made.stdout.strip())[0] == 401
    soon = json.loads(s.post("/api-keys", {"name": "soon", "role": "read", "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))}, **auth(admin))[1])
    assert s.get("/api/logs", **auth(soon))[0] == 200
    while s.get("/api/logs", **auth(soon))[0] == 200: time.sleep(0.1)
    assert code(s.get("/api/logs", **auth(soon))) == "expired_key"
    assert s.send("DELETE", f"/api-keys/{admin['id']}", **auth(admin))[0] == 204
    s.kill()
    for key in (shop, admin, reader, wall):
        assert subprocess.run(["grep", "-rq", key["key"], s.data]).returncode == 1  # nothing secret on the disk
    os.remove(s.data + "/catalog.sqlite"); open(s.data + "/catalog.sqlite", "w").close()
    s.start()
    assert s.get("/api/logs")[0] == 401  # a table that is lost does not open the door

@test
def walls(s, folder):
    def make(name, service): return {"Authorization": "Bearer " + json.loads(s.post("/api-keys", {"name": name, "service": service})[1])["key"]}
    a, b = make("a", "a"), make("b", "b")
    reader = {"Authorization": "Bearer " + json.loads(s.post("/api-keys", {"name": "r", "role": "read", "service": "b"})[1])["key"]}
    assert s.post("/ingest", b'{"n":1}\n', **at(0), **a)[0] == 200
    answer = s.post("/ingest", b'{"n":2}\n', **at(900), **b)
    assert answer[0] == 403 and "position" not in answer[1], answer  # what is another's is not told
    assert s.post("/ingest", b'{"n":2}\n', **at(8, Logkit_End="99999"), **b)[0] == 403
    assert json.loads(s.post("/ingest", b'{"n":2}\n', **at(8), **a)[1])["accepted"] == 1
    assert json.loads(s.get("/api/streams", **reader)[1])["streams"] == [] and s.get("/metrics", **reader)[0] == 403
    assert json.loads(s.post("/ingest", b'{"service":"a","service":"b"}\n', **a)[1])["accepted"] == 0
    # A repetition is the same key's, also where numbers of keys begin again.
    assert s.post("/logs", {"message": "of a"}, Idempotency_Key="1", **a)[0] == 202
    s.kill()
    for name in os.listdir(s.data):
        if name.startswith("catalog"): os.remove(s.data + "/" + name)
    s.start()
    b = make("b", "b")
    assert s.post("/logs", {"message": "of a"}, Idempotency_Key="1", **b)[0] == 202 and sum("of a" in l for l in s.lines()) == 2
    assert json.loads(s.post("/ingest", b'{"n":8}\n', Idempotency_Key="s", **at(100, Logkit_Gap="spool"))[1])["position"] == 108
    assert s.post("/ingest", b'{"n":8}\n', Idempotency_Key="s", **at(108))[0] == 422  # the same bytes, another place

@test
def restored_from_a_backup(s, folder):
    folder = tempfile.mkdtemp(prefix="logkit-serve-log-")
    log, copy = folder + "/app.log", folder + "/backup"
    def write(first, last):
        with open(log, "a") as f: f.writelines(f'{{"n":{n}}}\n' for n in range(first, last))
    def ship(): subprocess.run([logkit, "ship", log, "--once", "--to", s.url], check=True, timeout=60, stderr=subprocess.DEVNULL)
    def numbers(): return [json.loads(l)["n"] for l in s.lines()]
    def restore():
        s.kill(); shutil.rmtree(s.data); shutil.copytree(copy, s.data, symlinks=True); s.start()
    write(0, 50), ship()
    s.kill(); shutil.copytree(s.data, copy, symlinks=True); s.start()
    write(50, 100), ship()
    restore()
    write(100, 110), ship()
    assert numbers() == list(range(110))  # the hole is filled
    restore()
    os.rename(log, log + ".1"); write(110, 120), ship()
    assert numbers() == list(range(120)), numbers()
    restore()
    os.remove(log + ".1"); write(120, 130), ship()
    assert numbers() == list(range(50)) + list(range(110, 130)), numbers()  # or it is told
    [one] = json.loads(s.get("/api/streams")[1])["streams"]
    assert [g["reason"] for g in one["gaps"]] == ["acknowledged"], one
    shutil.rmtree(folder)

@test
def odd_http(s, folder):
    def talk(sent, size=4000):
        with socket.create_connection(("127.0.0.1", s.port)) as link:
            link.sendall(sent)
            link.settimeout(5)
            got = b""
            try:
                while piece := link.recv(size): got += piece
            except TimeoutError: pass
            return got
    inner = b'POST /logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"message":"smuggled"}'
    got = talk(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n" + inner)
    assert got.startswith(b"HTTP/1.1 501") and got.count(b"HTTP/1.1") == 1 and s.lines() == [], got
    assert talk(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").startswith(b"HTTP/1.1 400")
    assert s.post("/logs", {"message": "a"})[0] == 202
    got = talk(b"GET /api/logs HTTP/1.0\r\nHost: localhost\r\n\r\n")
    head, body = got.split(b"\r\n\r\n", 1)
    assert b"chunked" not in head and len(json.loads(body)["records"]) == 1, got
    links = [socket.create_connection(("127.0.0.1", s.port)) for _ in range(10)]  # say much, send nothing
    for link in links: link.sendall(b"POST /ingest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 33554432\r\n\r\n{")
    assert s.post("/logs", {"message": "b"})[0] == 202
    for link in links: link.close()
    grows = gzip.compress(b"\x01" * (15 << 20) + b"\n")  # six times as long, as JSON has it
    assert json.loads(s.post("/ingest", grows, Content_Encoding="gzip")[1]).get("rejected"), "a line that grows"
    pipelined = talk(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert pipelined.count(b"HTTP/1.1 200") == 2

@test
def strangers(s, folder):
    assert code(s.get("/api/logs", Host="evil.example")) == "host_not_allowed" and s.get("/health", Host="evil.example")[0] == 200
    for host in ("localhost", f"127.0.0.1:{s.port}", "127.9.9.9", "[::1]:3000", "LOCALHOST:1"): assert s.get("/api/logs", Host=host)[0] == 200, host
    assert code(s.post("/logs", {"message": "x"}, Origin="http://evil.example")) == "origin_not_allowed"
    assert s.post("/logs", {"message": "x"}, Origin=f"http://127.0.0.1:{s.port}")[0] == 202
    assert s.get("/api/logs", Origin="http://evil.example")[0] == 200
    headers = s.get("/api/logs")[2]
    assert headers["x-content-type-options"] == "nosniff" and "frame-ancestors 'none'" in headers["content-security-policy"]

@test
def openapi(s, folder):
    document = json.loads(s.get("/openapi.json")[1])
    assert document["openapi"].startswith("3.1") and len(document["paths"]) >= 9
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] and operation["responses"]
            status = s.send(method.upper(), path.replace("{id}", "1"), b"" if "requestBody" in operation else None)[0]
            assert status not in (0, 405, 500) and (status != 404 or "{id}" in path), (method, path, status)

@test
def damage(s, folder):
    for n in range(40): assert s.post("/ingest", b"".join(b'{"n":%d}\n' % (n * 10 + i) for i in range(10)))[0] == 200
    s.kill()
    [segment] = os.listdir(s.data + "/segments")
    path = s.data + "/segments/" + segment
    whole = open(path, "rb").read()
    assert len(subprocess.run(["zstdcat", path], stdout=subprocess.PIPE, check=True).stdout.splitlines()) == 400
    assert len(subprocess.run([logkit, "show", "--json", path], stdout=subprocess.PIPE, check=True).stdout.splitlines()) == 400
    middle = whole[:len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1:]
    for name, data, least in (("short", whole[:-7], 390), ("zeros", whole + bytes(3000), 400), ("turned", middle, 390)):
        with open(path, "wb") as f: f.write(data)
        s.start()
        assert least <= len(s.lines()) <= 400, (name, len(s.lines()))
        assert s.post("/ingest", b'{"more":1}\n')[0] == 200
        s.lines()
        for _ in range(500):
            if "segment" in open(s.data + "/serve.log").read(): break
            time.sleep(0.02)  # until its record is in the file: killed before, the next start would write it
        s.kill()
        assert "segment" in open(s.data + "/serve.log").read(), name
    with open(path, "wb") as f: f.write(whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:])  # in the last footer
    verify = subprocess.run([program, "verify", "--data", s.data], stdout=subprocess.PIPE, text=True)
    assert verify.returncode == 1 and "damaged" in verify.stdout, verify
    assert os.path.getsize(path) == len(whole)  # who looks changes nothing
    os.remove(path); open(s.data + "/catalog.sqlite", "wb").write(b"no database" * 100)
    s.start()
    assert s.lines() == [] and s.post("/ingest", b'{"more":1}\n')[0] == 200

@test
def a_data_folder_is_one_servers(s, folder):
    run = lambda *words, **env: subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env})
    second = run("--data", s.data, "--listen", "127.0.0.1:0")
    assert second.returncode == 2 and "another server" in second.stderr, second
    for words, why in ((["--listen", "127.0.0.1"], "port"), (["--listen", "0.0.0.0:3000"], "allow-plain-http"), (["--listen", "nowhere:1"], "address"),
                       (["--sync", "maybe"], "sync"), (["--frob"], "--help"), (["--config", "/no/such"], "config")):
        answer = run(*words)
        assert answer.returncode == 2 and why in answer.stderr, (words, answer)
    with open(s.data + "/conf", "w") as f: f.write("# settings\nlisten = 127.0.0.1:4444\nsync = off\n")
    told = run("--check", "--config", s.data + "/conf")
    assert told.returncode == 0 and "listen 127.0.0.1:4444" in told.stdout and "sync off" in told.stdout, told
    assert "sync off" in run("--check", "--config=" + s.data + "/conf").stdout
    assert "listen 127.0.0.1:5555" in run("--check", "--config", s.data + "/conf", LOGKIT_SERVE_LISTEN="127.0.0.1:5555").stdout
    assert "listen 127.0.0.1:6666" in run("--check", "--listen", "127.0.0.1:6666", LOGKIT_SERVE_LISTEN="127.0.0.1:5555").stdout
    with open(s.data + "/conf", "w") as f: f.write("lisen = 1\n")
    assert 'conf:1: there is no setting "lisen"' in run("--config", s.data + "/conf").stderr

@test
def kill_and_end(s, folder):
    for round in range(5):
        for n in range(20): assert s.post("/logs", {"message": "kept", "n": round * 20 + n})[0] == 202
        s.restart()
    assert sorted(json.loads(l)["n"] for l in s.lines()) == list(range(100))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # told to end while requests are on their way
        def send(n):
            try: return n, s.post("/logs", {"message": "end", "n": n})[0]
            except OSError: return n, 0
        running = [pool.submit(send, n) for n in range(1000, 1400)]
        time.sleep(0.05)
        began = time.time()
        assert s.end() == 0 and time.time() - began < 5
        answered = {n for n, status in (f.result() for f in running) if status == 202}
    s.start()
    stored = [json.loads(l)["n"] for l in s.lines()]
    assert answered <= set(stored) and len(stored) == len(set(stored))

run_tests(program, tests, wanted)
