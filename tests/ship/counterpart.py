#!/usr/bin/env python3
"""A logkit server that counts and may be killed: stores a batch with its stream and position in one append, and answers
as docs/shipping.md has it.   counterpart.py PORT FOLDER
FOLDER/mode says what it does instead, read at each request:
  status N [RETRY_AFTER] | portal | empty | garbage | half | lose | hang SECONDS | drip | cut (in the request) | forget | more BYTES (413 above)
FOLDER/store: what it has.  FOLDER/requests: one line each.   counterpart.py --lines FOLDER prints the lines stored."""
import gzip, http.server, json, os, socket, struct, subprocess, sys, threading, time, zlib

class Store:
    """Records of (header, body): a torn one at the end, from a kill, does not count."""
    def __init__(self, path):
        self.path, self.streams, self.lock, good = path, {}, threading.Lock(), 0
        for end, head, _ in self.read(path):
            self.streams[head["stream"]] = (head["end"], head["after"])
            good = end
        with open(path, "ab") as f: f.truncate(good)
    @staticmethod
    def read(path):
        data = open(path, "rb").read() if os.path.exists(path) else b""
        at = 0
        while at + 12 <= len(data):
            a, b, check = struct.unpack_from("<III", data, at)
            body = data[at + 12 + a:at + 12 + a + b]
            if len(body) < b or zlib.crc32(data[at + 12:at + 12 + a + b]) != check: return
            at += 12 + a + b
            yield at, json.loads(data[at - b - a:at - b]), body
    def take(self, h, body):
        if body and not body.endswith(b"\n"): return 400, {"error": {"code": "torn_body", "message": "no line end"}}
        stream, at, gap = h.get("Logkit-Stream"), int(h.get("Logkit-Position", 0)), h.get("Logkit-Gap")
        has_end, before, after = "Logkit-End" in h, h.get("Logkit-Before"), h.get("Logkit-After", "")
        end = int(h["Logkit-End"]) if has_end else at + len(body)
        known = self.streams.get(stream)
        have, mark = known if known else (at, None)
        def refuse(code): return 409, {"error": {"code": code, "message": code, "details": [{"position": have, "hash": mark or ""}]}}
        skip = 0
        if at > have:
            if not gap: return refuse("stream_gap")
        elif known and end <= have: return 200, {"accepted": 0, "position": have, "hash": mark or ""}
        elif at < have:
            if has_end: return refuse("stream_overlap")
            skip = have - at
            if body[skip - 1:skip] != b"\n": return refuse("stream_forked")
        elif mark and before and mark != before: return refuse("stream_forked")
        body = body[skip:]
        head = json.dumps({"stream": stream, "end": end, "after": after, "gap": gap}).encode()
        record = struct.pack("<III", len(head), len(body), zlib.crc32(head + body)) + head + body
        with open(self.path, "ab", buffering=0) as f: f.write(record)
        self.streams[stream] = (end, after)
        return 200, {"accepted": body.count(b"\n"), "position": end, "hash": after}

if sys.argv[1] == "--lines":
    for _, head, body in Store.read(sys.argv[2] + "/store"):
        for line in body.splitlines(): sys.stdout.buffer.write(head["stream"].encode() + b" " + line + b"\n")
    sys.exit(0)

port, folder = int(sys.argv[1]), sys.argv[2]
os.makedirs(folder, exist_ok=True)
store = Store(folder + "/store")

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, code, body, kind="application/json", **more):
        with open(folder + "/requests", "a") as f: f.write(f"{time.time():.3f} {code} {self.headers.get('Logkit-Position')} {self.headers.get('Authorization', '-')}\n")
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **more}.items(): self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        global store
        try: mode = open(folder + "/mode").read().split()
        except OSError: mode = []
        what = mode[0] if mode else ""
        if what == "cut": self.rfile.read(10); self.close_connection = True; return self.connection.shutdown(socket.SHUT_RDWR)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        coding = self.headers.get("Content-Encoding")
        plain = body if not coding else gzip.decompress(body) if coding == "gzip" else subprocess.run(["zstd", "-dcq"], input=body, stdout=subprocess.PIPE, check=True).stdout
        if what == "hang": time.sleep(float(mode[1]))
        if what == "status": return self.answer(int(mode[1]), b'{"error":{"code":"as_told","message":"as the test wants"}}', **({"Retry_After": mode[2]} if len(mode) > 2 else {}))
        if what == "portal": return self.answer(200, b"<html>please log in</html>", "text/html")
        if what == "empty": return self.answer(200, b"")
        if what == "garbage": return self.answer(200, bytes(range(256)))
        if what == "more" and len(plain) > int(mode[1]): return self.answer(413, b"{}")
        if what == "encoding" and coding: return self.answer(415, b"{}")
        if what == "refuse" and mode[1].encode() in plain: return self.answer(400, b'{"error":{"code":"bad","message":"not this one"}}')
        with store.lock:
            if what == "forget": store.streams.clear()
            code, said = store.take(self.headers, plain)
        out = json.dumps(said).encode()
        if what == "lose": self.close_connection = True; return self.connection.shutdown(socket.SHUT_RDWR)
        if what == "drip":
            self.send_response(200); self.send_header("Content-Length", "100000"); self.end_headers()
            try:
                while True: self.wfile.write(b" "); self.wfile.flush(); time.sleep(0.05)
            except OSError: self.close_connection = True; return
        if what == "half":
            self.send_response(code); self.send_header("Content-Length", str(len(out))); self.end_headers()
            self.wfile.write(out[:len(out) // 2]); self.wfile.flush(); self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        self.answer(code, out)
    def do_GET(self): self.answer(200, b"{}")
    def log_message(self, *_): pass

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *_): pass
Server.allow_reuse_address = True
server = Server(("127.0.0.1", port), Handler)
with open(folder + "/port.new", "w") as f: f.write(str(server.server_address[1]))
os.replace(folder + "/port.new", folder + "/port")  # whoever waits for it never reads half of it
server.serve_forever()
