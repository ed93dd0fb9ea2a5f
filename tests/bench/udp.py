#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""udp.py - P2: a tunnel over datagrams, and a file between two daemons through one, beside TCP; on loopback and far away.

Usage: udp.py [SECONDS [MIB [FAR-MIB [ROUNDS]]]]     (from the build directory; "make bench" does it)

Loopback: bytes a second between two processes; then a file of MIB (1024) between two daemons whom no stream connects, in
turns with a bare TCP copy of it; medians over ROUNDS (3).  The path: 20 ms there and back, 0.5 % of packets lost each
way, made in user space (tests/lab/slow_wire.c) between two network namespaces; there the same, the file with FAR-MIB
(256), beside a bare TCP stream with CUBIC, in the same run.  The daemons see each other's TCP port, and nothing of it
arrives.
"""
import ctypes
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from files import copy, cpu, fill, memory, raw, two

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
BENCH = os.path.join(BUILD, "tests/bench/bench_datagrams")
WIRE = os.path.join(BUILD, "tests/lab/slow_wire")
FAR = "delay=10000,loss=5"
CLONE_NEWNET = 0x40000000
NO_STREAMS = "table inet confab { chain in { type filter hook input priority 0; meta l4proto tcp drop; }; }"


def enter(pid):
    """This thread's network becomes that of PID."""
    with open(f"/proc/{pid}/ns/net", encoding="ascii") as f:
        if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), CLONE_NEWNET):
            raise OSError("setns")


def host():
    return subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo up; exec sleep infinity"],
                            stdout=subprocess.PIPE)


def inside(pid, *words, **options):
    return subprocess.Popen(["nsenter", f"--net=/proc/{pid}/ns/net", "--", *words], stdout=subprocess.PIPE, text=True,
                            **options)


def tcp(first, second, seconds):
    """Bytes a second of a bare stream with CUBIC from FIRST to SECOND."""
    got = [0]
    ready = threading.Event()

    def take():
        enter(second)
        with socket.create_server(("10.78.0.2", 7000)) as listener:
            ready.set()
            conn, _ = listener.accept()
            while data := conn.recv(1 << 20):
                got[0] += len(data)

    def give():
        enter(first)
        with socket.socket() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
            s.connect(("10.78.0.2", 7000))
            end = time.monotonic() + seconds
            s.settimeout(0.5)
            while time.monotonic() < end:
                try:
                    s.send(bytes(65536))
                except TimeoutError:
                    pass

    threads = [threading.Thread(target=take, daemon=True), threading.Thread(target=give)]
    threads[0].start()
    ready.wait()
    threads[1].start()
    threads[1].join()
    return got[0] / seconds


def file_rate(ats, listen, mib, rounds):
    """Bytes a second of a file between two whom no stream connects, the median, and how each of ROUNDS is told: with
    processor seconds a GB of sender and receiver.  ATS: the words that begin each one's daemon, which listens on LISTEN."""
    size, rates, told = mib << 20, [], []
    for at in ats:
        subprocess.run([*at, "nft", "-f", "-"], input=NO_STREAMS, text=True, check=True)
    with two(memory(mib), ats, listen) as (people, conv, files):
        path = os.path.join(files, "file")
        fill(path, size)
        for _ in range(rounds):
            used = [cpu(person) for person in people]
            rates.append(size / copy(*people, conv, path)[0])
            carrier = people[0].client.call("CONTACTS")[0]["carrier"]
            if carrier != "udp":
                raise SystemExit(f"not over datagrams: {carrier}")
            sender, receiver = ((cpu(p) - u) / size * 1e9 for p, u in zip(people, used))
            told.append(f"{rates[-1] / 1e6:.0f} MB/s ({sender:.2f} + {receiver:.2f} s/GB)")
    return statistics.median(rates), ", ".join(told)


def near(mib, rounds):
    """A file on loopback; the bare copies first, since streams do not pass afterwards."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="cf-bench-", dir=memory(mib)) as files:
        path = os.path.join(files, "file")
        fill(path, mib << 20)
        base = statistics.median((mib << 20) / raw(path, os.path.join(files, "raw"))["seconds"] for _ in range(rounds))
    ours, told = file_rate(((), ()), "127.0.0.1:0", mib, rounds)
    print(f"P2 file of {mib} MiB over datagrams: {ours / 1e6:.0f} MB/s, {ours / base:.2f} x raw TCP ({base / 1e6:.0f} MB/s)"
          f"   goal 400 MB/s or 0.15 x; all runs: {told}", flush=True)


def far_file(pids, base, mib, rounds):
    """The same between the hosts of PIDS, where bare TCP does BASE bytes a second."""
    ours, told = file_rate([("nsenter", f"--net=/proc/{pid}/ns/net", "--") for pid in pids], "0.0.0.0:0", mib, rounds)
    print(f"P2 file of {mib} MiB, 20 ms, 0.5 % lost each way: {ours / 1e6:.1f} MB/s, {ours / base:.1f} times TCP with CUBIC"
          f" ({base / 1e6:.2f} MB/s)   goal 20; all runs: {told}", flush=True)


def far(seconds, mib, rounds):
    hosts = [host(), host()]
    for h in hosts:
        h.stdout.readline()
    first, second = (h.pid for h in hosts)
    wire = subprocess.Popen([WIRE, str(first), str(second), FAR], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    served = None
    try:
        if wire.stdout.readline() != "up\n":
            print("# the far path was left out: no /dev/net/tun for us")
            return 0
        base = tcp(first, second, seconds)
        served = inside(second, BENCH, "serve", "10.78.0.2", "0")
        port = served.stdout.readline().strip()
        sender = inside(first, BENCH, "send", "10.78.0.2", port, str(seconds))
        ours = float(sender.communicate()[0].split()[0]) * 1e6
        print(f"20 ms, 0.5 % lost each way: {ours / 1e6:.2f} MB/s, TCP with CUBIC {base / 1e6:.2f} MB/s:"
              f" {ours / base:.1f} times", flush=True)
        far_file((first, second), base, mib, rounds)
    finally:
        for p in [served, wire, *hosts]:
            if p:
                p.kill()
                p.wait()
    return 0


def main():
    given = [int(word) for word in sys.argv[1:]]
    seconds, mib, far_mib, rounds = given + [10, 1024, 256, 3][len(given):]
    if os.environ.get("CF_BENCH_INSIDE"):
        near(mib, rounds)
        return far(seconds, far_mib, rounds)
    subprocess.run([BENCH, "512"], check=True)
    return subprocess.run(["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork",
                           "--kill-child", "--mount-proc", sys.executable, __file__, *map(str, (seconds, mib, far_mib, rounds))],
                          env={**os.environ, "CF_BENCH_INSIDE": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
