#!/usr/bin/env python3
"""A server killed in front of each of its syncs, started again, told again, killed, and then its machine loses power: what was
acknowledged is there once, and so is the key.   power_steps.py SERVE POWER_LOSS"""
import json, random, shutil, sys, tempfile
from power import lose_power
from server import Server
program, shim = sys.argv[1:3]
stream = "5" * 32
batches = [b"".join(b'{"n":%d}\n' % n for n in range(at, at + 3)) for at in range(0, 30, 3)]

def send_all(server, acknowledged):
    """Batch by batch, as a shipper; until the server dies."""
    position = 0
    for batch in batches:
        try: status, text, _ = server.post("/ingest", batch, Logkit_Stream=stream, Logkit_Position=str(position))
        except OSError: return
        assert status == 200, text
        position += len(batch)
        acknowledged[0] = max(acknowledged[0], position)

def life(k, sends_between):
    """False: it has fewer syncs than that."""
    folder, acknowledged, chance = tempfile.mkdtemp(prefix="logkit-power-"), [0], random.Random(k)
    with open(folder + "/key", "w") as f: f.write("the-key-that-all-of-them-know")
    env = {"LD_PRELOAD": shim, "POWER_FOLDER": folder + "/data", "POWER_DISK": folder + "/disk", "LOGKIT_SERVE_ADMIN_KEY_FILE": folder + "/key"}
    server = Server.__new__(Server)
    made, is_killed = None, True
    try: server.__init__(program, folder, env={**env, "POWER_KILL_AT": str(k)})
    except RuntimeError: server.process.wait()  # it was killed while it began
    else:
        server.key = open(folder + "/key").read()
        try: made = json.loads(server.post("/api-keys", {"name": "another", "role": "admin"})[1])["key"]
        except OSError: pass
        send_all(server, acknowledged)
        is_killed = server.process.poll() is not None
        server.kill()
    if is_killed:
        server = Server(program, folder, env=env)
        server.key = open(folder + "/key").read()
        if sends_between: send_all(server, acknowledged)
        server.kill()
        lose_power(folder + "/data", folder + "/disk", chance)
        server.start()
        server.key = made or server.key
        status, text, _ = server.get("/api/streams")
        assert status == 200, f"sync {k}: the key is gone: {text}"
        at = {s["stream"]: s["position"] for s in json.loads(text)["streams"]}.get(stream, 0)
        assert at >= acknowledged[0], f"sync {k}: {acknowledged[0]} bytes were acknowledged, {at} are known"
        send_all(server, acknowledged)
        assert server.lines() == b"".join(batches).decode().splitlines(), (k, server.lines())
        server.kill()
    shutil.rmtree(folder)
    return is_killed

for sends_between in (True, False):
    k = 1
    while life(k, sends_between): k += 1
    assert k > 10, k  # the shim was there
    print(f"killed in front of each of {k - 1} syncs, then the power was lost: all that was acknowledged is there", flush=True)
