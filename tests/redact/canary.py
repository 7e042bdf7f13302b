#!/usr/bin/env python3
"""Plants secrets in every place and looks for them where they must not be.   canary.py LOGKIT CANARY COUNTERPART N [SEED]"""
import base64, glob, json, os, random, re, shutil, subprocess, sys, tempfile, time

logkit, canary, counterpart, count = sys.argv[1:4] + [int(sys.argv[4])]
rnd = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
def some(n, of=ALNUM): return "".join(rnd.choice(of) for _ in range(n))
HEX, B32, UPPER = "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

def card():
    digits = rnd.choice(["4", "51", "55", "2221", "6011"])
    digits += some(15 - len(digits), "0123456789")
    total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(digits))
    digits += str(-total % 10)
    sep = rnd.choice([" ", "-"])
    return sep.join(digits[i:i + 4] for i in range(0, 16, 4))
def b64(data): return base64.b64encode(data).decode()

# (what is written, what must not be seen)
def plain(secret): return secret, secret
def around(before, secret, after=""): return before + secret + after, secret
KINDS = [
    lambda: around("Authorization: Bearer ", some(30)), lambda: around("curl -H 'Authorization: Bearer ", some(24), "'"),
    lambda: around("got Bearer ", some(27), " from a client"), lambda: around("got Basic ", b64(("u" + some(4) + ":" + some(9)).encode()), " from a client"),
    lambda: around("", "eyJ" + some(20) + "." + some(40) + "." + some(43)),
    lambda: plain("gh" + rnd.choice("pousr") + "_" + some(36)), lambda: plain("github_pat_" + some(22) + "_" + some(59)),
    lambda: plain("glpat-" + some(20)), lambda: plain("xoxb-" + some(12, "0123456789") + "-" + some(24)),
    lambda: plain("sk_live_" + some(24)), lambda: plain("sk-proj-" + some(48)), lambda: plain("sk-ant-api03-" + some(80)),
    lambda: plain("npm_" + some(36)), lambda: plain("pypi-AgEIcHlwaS5vcmc" + some(60)), lambda: plain("SG." + some(22) + "." + some(43)),
    lambda: plain("SK" + some(32, HEX)), lambda: plain("AKIA" + some(16, B32)), lambda: plain("AIza" + some(35)),
    lambda: plain("hf_" + some(34)), lambda: plain("dop_v1_" + some(64, HEX)), lambda: plain("shpat_" + some(32, HEX)),
    lambda: around("postgres://ada:", some(12), "@db.example:5432/shop"), lambda: around("redis://:", some(16), "@cache"),
    lambda: around("GET /cb?token=", some(20), "&next=%2F"), lambda: around("https://b.example/x?sv=1&sig=", some(40), "&se=2"),
    lambda: around("https://s3.example/k?X-Amz-Signature=", some(64, HEX)), lambda: around("to=%2Fcb%3Faccess_token%3D", some(20), "%26a%3D1"),
    lambda: around("password=", some(10)), lambda: around("DB_PASSWORD: ", some(10), ", retry"), lambda: around("{user=ada, pwd=", some(9), "}"),
    lambda: around('body {"password":"', some(10), '","a":1}'), lambda: around('{\\"client_secret\\":\\"', some(20), '\\"}'),
    lambda: around("aws_secret_access_key = ", some(40, ALNUM + "/+")), lambda: around("AccountKey=", b64(os.urandom(64)), ";EndpointSuffix=core"),
    lambda: around("Cookie: session=", some(20), "; theme=dark"), lambda: around("Set-Cookie: sid=", some(20), "; HttpOnly"),
    lambda: around("paid with ", card()), lambda: around("<password>", some(10), "</password>"), lambda: around("run --api-key ", some(20), " -v"),
    lambda: around("-----BEGIN RSA PRIVATE KEY-----\n", some(64) + "\n" + some(64), "\n-----END RSA PRIVATE KEY-----\n"),
]
secrets = [KINDS[i % len(KINDS)]() for i in range(count)]
rnd.shuffle(secrets)

problems = 0
def look(what, paths):
    global problems
    data = "".join(re.sub("x{200,}", "x", open(p, errors="replace").read()) for p in paths)  # the padding of long values
    assert len(data) > 1000, f"{what}: there is nothing"
    seen = [t for t, s in secrets for part in s.split("\n") if part in data]
    for text in seen[:5]: print(f"{what}: {text!r} is seen")
    print(f"{what}: {len(seen)} of {len(secrets)} seen in {len(data)} bytes")
    problems += len(seen)

folder = tempfile.mkdtemp()
os.chdir(folder)
open("secrets", "w").writelines(json.dumps(t) + "\n" for t, _ in secrets)
env = dict(os.environ, LOG_FILE="run.log", LOG_ROTATE_MB="64", LOG_BACKUPS="20", LOG_JOURNAL=folder, LOG_CONSOLE="stderr")
with open("console", "w") as err:
    told = subprocess.run([canary, "secrets"], env=env, stderr=err, stdout=subprocess.PIPE, text=True, check=True).stdout
look("file", glob.glob("run.log*")); look("console", ["console"]); look("sink", ["sink.txt"])
masked = {line.split()[0]: int(line.split()[1]) for line in told.splitlines()}
assert all(masked.get(rule, 0) > 0 for rule in ("named", "url", "bearer", "basic", "jwt", "card", "private_key", "github", "aws")), masked
for line in open("run.log"): json.loads(line)

# Rotated files, and those of a process that is killed.
env.update(LOG_FILE="small.log", LOG_ROTATE_MB="1", LOG_CONSOLE="off")
subprocess.run([canary, "secrets"], env=env, stdout=subprocess.DEVNULL, check=True)
assert len(glob.glob("small.log.*")) > 2
look("rotated", glob.glob("small.log*"))
env.update(LOG_FILE="killed.log", LOG_ROTATE_MB="64")
assert subprocess.run([canary, "secrets", "kill"], env=env).returncode == -9
subprocess.run([logkit, "recover", "killed.log"], env=env, check=True, stdout=subprocess.DEVNULL)
look("recovered", glob.glob("killed.log*"))

# Other programs' logs: text, JSON as others escape it, logfmt.
with open("other.log", "w") as f:
    for i, (text, _) in enumerate(secrets):
        if "\n" in text and i % 3 == 0: f.write("2026-11-27 12:00:00 INFO key follows\n" + text)
        elif i % 3 == 1: f.write(json.dumps({"msg": text, "n": i}) + "\n")
        elif i % 3 == 2: f.write(json.dumps({"msg": "ä " + text, "err": {"stack": "at x\n" + text}}).replace("/", "\\/") + "\n")
        else: f.write("2026-11-27 12:00:00 INFO said " + text + "\n")
with open("redacted", "w") as out: subprocess.run([logkit, "redact", "other.log"], stdout=out, check=True)
look("redact", ["redacted"])
assert len(open("redacted").readlines()) == len(open("other.log").readlines())

os.mkdir("server")
server = subprocess.Popen([sys.executable, counterpart, "0", "server"])
while not os.path.exists("server/port"): time.sleep(0.01)
url = "http://127.0.0.1:" + open("server/port").read().strip()
subprocess.run([logkit, "ship", "--once", "--to", url, "other.log"], check=True, stderr=subprocess.DEVNULL)
server.terminate(); server.wait()
with open("shipped", "w") as out: subprocess.run([sys.executable, counterpart, "--lines", "server"], stdout=out, check=True)
look("shipped", ["shipped"])
assert len(open("shipped").readlines()) == len([l for l in open("other.log") if l.strip()])
shutil.rmtree(folder)
sys.exit(1 if problems else 0)
