"""Loses the power of a folder that power_loss.cpp watches: what was not synced is gone, or there in part."""
import os, shutil

def lose_power(folder, disk, chance):
    """Leaves `folder` as a machine would find it that starts again."""
    was = folder + ".was"
    os.rename(folder, was)
    with open(disk + "/top") as f: build(folder, was, disk, f.read(), chance)
    shutil.rmtree(was)
    shutil.rmtree(disk)  # what is there now counts as synced when the next process begins

def build(folder, was, disk, id, chance):
    os.mkdir(folder)
    if not os.path.exists(f"{disk}/names.{id}"): return
    with open(f"{disk}/names.{id}") as names:
        for line in names:
            inner, name = line[:-1].split(" ", 1)
            if os.path.isdir(f"{was}/{name}"): build(f"{folder}/{name}", f"{was}/{name}", disk, inner, chance); continue
            held = read(f"{disk}/{inner}")
            if name.endswith(".zst"): held += unsynced(read(f"{was}/{name}")[len(held):], chance)
            with open(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f: f.write(held)

def read(path):
    if not os.path.exists(path): return b""
    with open(path, "rb") as f: return f.read()

def unsynced(tail, chance):
    """Pages come to the disk in any order, or not."""
    tail = bytearray(tail[:chance.choice([0, len(tail), chance.randrange(len(tail) + 1)])])
    if tail and chance.random() < 0.5:
        at = chance.randrange(len(tail))
        tail[at:at + 4096] = bytes(len(tail[at:at + 4096]))
    return bytes(tail)
