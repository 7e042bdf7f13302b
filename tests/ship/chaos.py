#!/usr/bin/env python3
"""Programs, shipper and server, killed with SIGKILL at random: each accepted record is at the server exactly once, in order
within its stream and writer, in whole lines.   chaos.py LOGKIT PROGRAM TRIALS [SEED]"""
import collections, json, os, random, shutil, signal, socket, subprocess, sys, tempfile, time
logkit, program, trials = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])
here = os.path.dirname(os.path.abspath(__file__))
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

def trial(number):
    chance = random.Random(seed * 1000003 + number)
    folder = tempfile.mkdtemp(prefix="logkit-chaos-")
    port = free_port()
    journals = folder + "/journals"
    env = {**os.environ, "LOG_CONSOLE": "off", "LOG_FILE": folder + "/run.log", "LOG_JOURNAL": journals, "LOG_ROTATE_MB": "1",
           "LOG_BACKUPS": str(chance.randrange(3)), "LOG_SHIP_INTERVAL": "20ms", "LOG_SHIP_CHECK": "200ms", "LOG_SHIP_TIMEOUT": "2s",
           "LOG_SHIP_BATCH": str(chance.choice([50, 500, 10000])), "LOG_LEVEL": "info"}
    inside = chance.random() < 0.4  # the program ships itself
    if inside: env["LOG_SHIP"] = f"http://127.0.0.1:{port}"
    accepted, live = set(), {}
    outputs = []
    def start(what):
        if what == "server":
            live[what] = subprocess.Popen([sys.executable, here + "/counterpart.py", str(port), folder + "/server"], stderr=subprocess.DEVNULL)
        elif what == "shipper":
            if not inside:
                live[what] = subprocess.Popen([logkit, "ship", folder + "/run.log", "--follow", "--to", f"http://127.0.0.1:{port}"], env=env, stderr=open(folder + "/shipper.txt", "a"))
        else:
            first = len(outputs) * 1000000
            out = open(f"{folder}/accepted.{len(outputs)}", "w+")
            outputs.append(out)
            live[what] = subprocess.Popen([program, "write", str(first), str(chance.choice([200, 2000, 8000])), str(chance.choice([0, 0, 50]))], env=env, stdout=out, stderr=subprocess.DEVNULL)
    start("server"); start("shipper")
    if not inside:  # the cursor is there before anything can be rotated away
        for _ in range(400):
            if os.path.exists(folder + "/run.log.cursor"): break
            time.sleep(0.01)
    else:
        env["LOG_BACKUPS"] = "3"
    start("one"); start("two")
    for _ in range(chance.randrange(3, 9)):
        time.sleep(chance.random() * 0.12)
        what = chance.choice(["server", "shipper", "one", "two"])
        if what in live:
            live[what].send_signal(signal.SIGKILL)
            live[what].wait()
        start(what)
    for name in ("one", "two"): live[name].wait()
    if "shipper" in live: live["shipper"].send_signal(signal.SIGKILL); live["shipper"].wait()
    live["server"].kill(); live["server"].wait()
    start("server")
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0: break
        time.sleep(0.02)
    # What dead writers left is written, and all is shipped.
    last = subprocess.run([logkit, "ship", folder + "/run.log", "--once", "--to", f"http://127.0.0.1:{port}"], env=env, stderr=subprocess.PIPE, text=True)
    live["server"].kill(); live["server"].wait()
    for out in outputs:
        out.seek(0)
        text = out.read()
        accepted.update(int(n) for n in text[:text.rfind("\n") + 1].split())
    got, order, problems = collections.Counter(), {}, []
    for row in subprocess.run([sys.executable, here + "/counterpart.py", "--lines", folder + "/server"], stdout=subprocess.PIPE).stdout.splitlines():
        stream, line = row.split(b" ", 1)
        try: record = json.loads(line)
        except ValueError: problems.append(f"no whole line: {line[:80]}"); continue
        if "n" not in record: continue
        n = record["n"]
        got[n] += 1
        writer = (stream, n // 1000000)
        if not record.get("recovered") and order.get(writer, -1) > n: problems.append(f"out of order: {n}")
        order[writer] = n
    lost = sorted(accepted - set(got))
    twice = sorted(n for n, count in got.items() if count > 1)
    if last.returncode != 0: problems.append(f"--once ended with {last.returncode}: {last.stderr}")
    if lost: problems.append(f"{len(lost)} lost of {len(accepted)}: {lost[:5]} … {lost[-3:]}")
    if twice: problems.append(f"{len(twice)} twice: {twice[:5]}")
    if problems:
        print(f"trial {number} of seed {seed} (inside: {inside}), kept in {folder}:", *problems[:10], sep="\n  ")
        return False
    shutil.rmtree(folder)
    return True

failed = sum(not trial(n) for n in range(trials))
print(f"{trials} trials, {failed} failed")
sys.exit(1 if failed else 0)
