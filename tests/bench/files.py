#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""files.py - P1: a file between two daemons on this machine, and P3 beside one.

Usage: files.py [MIB [ROUNDS]]     (from the build directory; "make bench" does it)

P1: a file of MIB (1024), from memory to memory (CF_BENCH_DIR, else /dev/shm when there is room, else /tmp), accepted
until both sides have said that it is done, against raw_copy: a bare TCP copy of the same file on the same path, in turns,
in the same run.  Medians over ROUNDS (5).  Also the time until the first bytes, and processor seconds a GB of both
daemons.
P3: one message, typed to delivered, alone and while a file of ten times that size (or, where there is no room, of that
size) is on its way at full speed.
"""
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from latency import BUILD, Client, Person, measure_message, measure_open, meet, ms

BLOCK = 262144
TICKS = os.sysconf("SC_CLK_TCK")


def fill(path, size):
    """SIZE bytes, no block like another, none of zeroes."""
    pattern = os.urandom(BLOCK)
    with open(path, "wb") as f:
        for at in range(0, size, BLOCK):
            head = at.to_bytes(8, "big")
            f.write((head + pattern[8:])[:min(BLOCK, size - at)])


def cpu(person):
    """Processor seconds of a daemon so far."""
    with open(f"/proc/{person.daemon.pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident(person):
    with open(f"/proc/{person.daemon.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) / 1024


class Transfers:
    """The transfer events of PERSON, from now on."""

    def __init__(self, person):
        cursor = person.client.call("STATUS")[0]["cursor"]
        self.client = Client(person.path)
        self.client.send(f"EVENTS --since={cursor}")
        self.rows = self.client.rows()

    def until(self, test):
        for row in self.rows:
            if row["event"] == "transfer" and row["state"] in ("failed", "cancelled"):
                raise SystemExit(f"the file did not arrive: {row}")
            if row["event"] == "transfer" and test(row):
                return row
        raise SystemExit("the daemon has gone")

    def close(self):
        self.client.sock.close()


def offer(a, b, conv, path):
    """Offered, and known to B: its id."""
    row = a.client.call(f"SEND-FILE --wait=sent --timeout=30 -- {conv} {path}")[0]
    while True:
        rows = [r for r in b.client.call("TRANSFERS") if r["transfer"] == row["transfer"]]
        if rows:
            return row["transfer"]
        time.sleep(0.001)


def copy(a, b, conv, path):
    """Seconds, seconds to the first bytes, processor seconds of both."""
    transfer = offer(a, b, conv, path)
    here, there = Transfers(a), Transfers(b)
    used, begun = cpu(a) + cpu(b), time.perf_counter()
    b.client.call(f"ACCEPT-FILE -- {transfer}")
    first = there.until(lambda row: row["done"] > 0)
    first_s = time.perf_counter() - begun
    done = first if first["state"] == "done" else there.until(lambda row: row["state"] == "done")
    here.until(lambda row: row["transfer"] == transfer and row["state"] == "done")
    seconds = time.perf_counter() - begun
    used = cpu(a) + cpu(b) - used
    here.close()
    there.close()
    if subprocess.run(["cmp", "-s", path, done["path"]], check=False).returncode:
        raise SystemExit("what has come is not what was sent")
    os.unlink(done["path"])
    return seconds, first_s, used


def raw(path, to):
    out = subprocess.run([os.path.join(BUILD, "tests/bench/raw_copy"), path, to], check=True, capture_output=True,
                         text=True).stdout
    os.unlink(to)
    return json.loads(out)


def measure_copies(a, b, conv, where, mib, rounds):
    path, gb = os.path.join(where, "file"), mib * 1048576 / 1e9
    fill(path, mib * 1048576)
    ours, bare = [], []
    for _ in range(rounds):
        bare.append(raw(path, os.path.join(where, "raw")))
        ours.append(copy(a, b, conv, path))
    seconds, raw_s = statistics.median(o[0] for o in ours), statistics.median(r["seconds"] for r in bare)
    print(f"{'P1 file of ' + str(mib) + ' MiB':34s} {gb / seconds * 1000:8.0f} MB/s {raw_s / seconds:5.2f} x raw TCP "
          f"({gb / raw_s * 1000:.0f} MB/s)   goal 0.45 x")
    print(f"{'   processor, both daemons':34s} {statistics.median(o[2] for o in ours) / gb:8.2f} s/GB  raw "
          f"{statistics.median(r['cpu'] for r in bare) / gb:.2f} s/GB; all runs: "
          + ", ".join(f"{o[0]:.2f} s" for o in ours) + "; raw " + ", ".join(f"{r['seconds']:.2f} s" for r in bare))
    print(f"{'   until progress is told':34s} {statistics.median(o[1] for o in ours) * 1000:8.0f} ms")
    print(f"{'   resident at most':34s} {resident(a):8.1f} MB sender, {resident(b):.1f} MB receiver")
    os.unlink(path)


def measure_beside(a, b, conv, where, mib, rounds):
    path = os.path.join(where, "large")
    alone = measure_message(a, conv, rounds)
    fill(path, mib * 1048576)
    transfer = offer(a, b, conv, path)
    there = Transfers(b)
    b.client.call(f"ACCEPT-FILE -- {transfer}")
    there.until(lambda row: row["done"] > 0)
    over = threading.Event()
    threading.Thread(target=lambda: (there.until(lambda row: row["state"] == "done"), over.set()), daemon=True).start()
    beside = []
    while len(beside) < rounds and not over.is_set():
        beside += measure_message(a, conv, 1)
    row = b.client.call(f"TRANSFER -- {transfer}")[0]
    print(f"{'P3 message beside a file':34s} {ms(beside):8.1f} ms   {ms(beside) / ms(alone):5.2f} x alone "
          f"({ms(alone):.1f} ms; {len(beside)} messages, longest {max(beside) * 1000:.0f} ms)   goal 2 x; the file then: "
          f"{row['done'] / 1048576:.0f} of {mib} MiB, {row['state']}, {row['rate'] / 1e6:.0f} MB/s")
    if row["state"] != "done":
        b.client.call(f"CANCEL -- {transfer}")
    os.unlink(path)


def room(where, mib):
    stat = os.statvfs(where)
    return os.access(where, os.W_OK) and stat.f_bavail * stat.f_frsize > 3 * mib * 1048576


def memory(mib):
    return "/dev/shm" if room("/dev/shm", mib) else "/tmp"


@contextlib.contextmanager
def two(where, ats=((), ()), listen="127.0.0.1:0"):
    """Two people, their open conversation, and a directory in WHERE for files.  ATS, LISTEN: of each one's daemon."""
    base = tempfile.mkdtemp(prefix="cf-bench-", dir="/tmp")
    files = tempfile.mkdtemp(prefix="cf-bench-", dir=where)
    people = [Person(base, name, at, listen) for name, at in zip(("alice", "bob"), ats)]
    try:
        for person in people:
            os.makedirs(person.home, 0o700)
            with open(os.path.join(person.home, "confabd.conf"), "w", encoding="ascii") as conf:
                conf.write(f"discovery-port {20000 + os.getpid() % 20000}\n")
        meet(*people)
        people[1].client.call(f"CONFIG download-dir {os.path.join(files, 'inbox')}")
        _, conv = measure_open(*people, 1)
        yield people, conv, files
    finally:
        for person in people:
            person.stop()
        shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(files, ignore_errors=True)


def main():
    mib = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with two(os.environ.get("CF_BENCH_DIR") or memory(mib)) as ((a, b), conv, files):
        measure_copies(a, b, conv, files, mib, rounds)
        ten = mib * 10 if room(files, mib * 10) else mib
        measure_beside(a, b, conv, files, ten, 4 * rounds)


if __name__ == "__main__":
    main()
