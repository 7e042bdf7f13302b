#!/usr/bin/env python3
"""Programs, shipper and server, real ones, killed with SIGKILL at random: each accepted record is in the store once, whole, and
in its stream's order.   chaos.py SERVE LOGKIT PROGRAM TRIALS [SEED]
With POWER_LOSS, the library of power_loss.cpp, each server that syncs loses the power of its disk at half of its deaths, too."""
import collections, json, os, random, re, shutil, signal, subprocess, sys, tempfile, time
from power import lose_power
from server import Server
program, logkit, writer, trials = *map(os.path.abspath, sys.argv[1:4]), int(sys.argv[4])
seed = int(sys.argv[5]) if len(sys.argv) > 5 else 1

def trial(number):
    chance = random.Random(seed * 1000003 + number)
    folder = tempfile.mkdtemp(prefix="logkit-serve-chaos-")
    sync, shim = chance.choice(["on", "off"]), os.environ.get("POWER_LOSS")
    has_power = not shim or sync == "off"
    server = Server(program, folder, "--sync", sync, "--retention", "400d", env={} if has_power else {"LD_PRELOAD": shim, "POWER_FOLDER": folder + "/data", "POWER_DISK": folder + "/disk"})
    server.key = json.loads(server.post("/api-keys", {"name": "chaos", "role": "admin"})[1])["key"]
    losses = sealed = 0
    def kill_server():
        nonlocal losses, sealed
        found = re.search(r"^logkit_store_sealed (\d+)", server.get("/metrics")[1], re.M)
        sealed += int(found[1]) if found else 0
        server.kill()
        if not has_power and chance.random() < 0.5:
            lose_power(folder + "/data", folder + "/disk", chance)
            losses += 1
        if chance.random() < 0.6: turn_the_day()
    def turn_the_day():
        """What is there is of a day that is over: it is sealed as soon as the server is there again."""
        for name in os.listdir(folder + "/data/segments"):
            if name[:2] == "20" and name.endswith(".zst"): os.rename(f"{folder}/data/segments/{name}", f"{folder}/data/segments/2020-01-01{name[10:]}")
    env = {**os.environ, "LOG_CONSOLE": "off", "LOG_FILE": folder + "/run.log", "LOG_JOURNAL": folder + "/journals", "LOG_ROTATE_MB": "1",
           "LOG_BACKUPS": "50", "LOG_SHIP_INTERVAL": "20ms", "LOG_SHIP_CHECK": "200ms", "LOG_SHIP_TIMEOUT": "2s", "LOG_LEVEL": "info",
           "LOG_SHIP_BATCH": str(chance.choice([100, 1000, 10000])), "LOG_SHIP_KEY": server.key}
    inside = chance.random() < 0.3  # the program ships itself
    if inside: env["LOG_SHIP"] = server.url
    accepted, live, first = set(), {}, 0
    def take_output():
        for line in live.pop("writer").communicate()[0].split("\n")[:-1]: accepted.add(int(line))
    def start_writer():
        nonlocal first
        live["writer"] = subprocess.Popen([writer, "write", str(first), "1000000", str(chance.choice([0, 50, 300]))], env=env,
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        first += 1000000
    def start_shipper():
        if not inside: live["shipper"] = subprocess.Popen([logkit, "ship", folder + "/run.log", "--to", server.url], env=env, stderr=subprocess.DEVNULL)
    start_shipper()
    while not inside and not os.path.exists(folder + "/run.log.cursor"): time.sleep(0.01)  # before anything can be rotated away
    start_writer()
    for _ in range(chance.randrange(3, 8)):
        time.sleep(chance.uniform(0.02, 0.4))
        victim = chance.choice(["writer", "shipper", "server", "server", "all"])
        if victim in ("writer", "all"): live["writer"].kill(); take_output()
        if victim in ("shipper", "all") and "shipper" in live: live.pop("shipper").kill()
        if victim in ("server", "all"): kill_server()
        if chance.random() < 0.3: time.sleep(chance.uniform(0, 0.3))
        if victim in ("server", "all"): server.start()
        if victim in ("writer", "all"): start_writer()
        if victim in ("shipper", "all"): start_shipper()
    live["writer"].kill(); take_output()
    if "shipper" in live: live.pop("shipper").kill()
    subprocess.run([writer, "write", str(first), "1"], env={**env, "LOG_SHIP": ""}, stdout=subprocess.DEVNULL, check=True)  # recovers
    accepted.add(first)
    subprocess.run([logkit, "ship", folder + "/run.log", "--once", "--to", server.url], env=env, check=True, timeout=300)
    kill_server()
    server.start()
    seen, last = collections.Counter(), {}
    order_lost = 0
    for line in server.lines(query="event=e"):
        n = json.loads(line)["n"]
        seen[n] += 1
        if n < last.get(n // 1000000, -1): order_lost += 1
        last[n // 1000000] = n
    lost, doubled = [n for n in accepted if seen[n] == 0], [n for n, times in seen.items() if times > 1]
    torn = [l for l in server.lines() if '"unparsed"' in l]
    assert server.end() == 0
    good = not (lost or doubled or torn or order_lost)
    print(f"trial {number}: {len(accepted)} accepted, {len(lost)} lost, {len(doubled)} doubled, {len(torn)} torn, {order_lost} out of order, power lost {losses} times, {sealed} sealed{'' if good else ' in ' + folder}", flush=True)
    if good: shutil.rmtree(folder)
    return good, sealed

results = [trial(n) for n in range(trials)]
bad, sealed = sum(not good for good, n in results), sum(n for good, n in results)
print(f"{trials} trials, {bad} failed, {sealed} times sealed")
assert sealed > 0
sys.exit(1 if bad else 0)
