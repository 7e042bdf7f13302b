"""A server under test: started on a free port, killed, started again.   For routes.py and chaos.py beside it."""
import http.client, json, os, re, shutil, signal, subprocess, sys, tempfile, time, traceback, urllib.parse

class Server:
    def __init__(self, program, folder, *options, env=None):
        self.program, self.data, self.options, self.port, self.key = os.path.abspath(program), folder + "/data", options, 0, None
        self.env = {**os.environ, "LOG_JOURNAL": folder + "/journals", **(env or {})}  # what others have left in memory is not ours
        self.start()
    def start(self):
        self.process = subprocess.Popen([self.program, "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.options],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.env)
        self.greeting = [self.process.stdout.readline()]
        found = re.search(r"127\.0\.0\.1:(\d+)", self.greeting[0])
        if not found:
            self.process.kill()
            raise RuntimeError("the server did not start: " + self.greeting[0] + self.process.stdout.read())
        self.port = int(found[1])
        self.greeting += [self.process.stdout.readline() for _ in range(3)]
        while self.get("/ready")[0] != 200:
            if self.process.poll() is not None: raise RuntimeError("the server ended: " + self.process.stdout.read())
            time.sleep(0.02)
    def kill(self):
        self.process.kill(); self.process.wait(); self.process.stdout.close()
    def end(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=10); self.process.stdout.close()
        return status
    def restart(self):
        self.kill(); self.start()
    @property
    def url(self): return f"http://127.0.0.1:{self.port}"
    def send(self, method, target, body=None, **headers):
        """Status, body as text, headers. A header's name has _ for -."""
        if self.key: headers.setdefault("Authorization", "Bearer " + self.key)
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            link.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = link.getresponse()
            return answer.status, answer.read().decode("utf-8", "surrogateescape"), {k.lower(): v for k, v in answer.getheaders()}
        finally: link.close()
    def get(self, target, **headers):
        try: return self.send("GET", target, **headers)
        except OSError: return 0, "", {}
    def post(self, target, body, **headers):
        if not isinstance(body, (bytes, str)): body = json.dumps(body)
        if isinstance(body, str): body = body.encode()
        if target == "/logs": headers.setdefault("Content_Type", "application/json")
        return self.send("POST", target, body, **headers)
    def lines(self, **parameters):
        """All records as stored, the oldest first."""
        parameters = {"since": "0001-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "limit": "100000", "order": "asc", "raw": "1", **parameters}
        status, text, _ = self.get("/api/logs?" + urllib.parse.urlencode(parameters), Accept="application/x-ndjson")
        assert status == 200, (status, text)
        return text.splitlines()

def run_tests(program, tests, wanted):
    """Each with a server of its own, and the folder that all of it is in. Ends the process."""
    failed = 0
    for fn in tests:
        if wanted and fn.__name__ not in wanted: continue
        folder = tempfile.mkdtemp(prefix="logkit-serve-")
        server = Server(program, folder)
        try: fn(server, folder)
        except Exception as error:
            failed += 1
            traceback.print_exc(limit=-2)
            print(f"FAILED {fn.__name__}: {type(error).__name__} {str(error)[:3000]}", flush=True)
        else: print("good", fn.__name__, flush=True)
        finally:
            if server.process.poll() is None: server.kill()
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
