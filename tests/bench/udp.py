#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""udp.py - P2: a tunnel over datagrams beside TCP, on loopback and on a far and lossy path.

Usage: udp.py [SECONDS]     (from the build directory; "make bench" does it)

Loopback: bytes a second between two processes.  The path: 20 ms there and back, 0.5 % of packets lost each way, made in
user space (tests/lab/slow_wire.c) between two network namespaces; there the same for a bare TCP stream with CUBIC, in the same run.
"""
import ctypes
import os
import socket
import subprocess
import sys
import threading
import time

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
BENCH = os.path.join(BUILD, "tests/bench/bench_datagrams")
WIRE = os.path.join(BUILD, "tests/lab/slow_wire")
FAR = "delay=10000,loss=5"
CLONE_NEWNET = 0x40000000


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


def far(seconds):
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
              f" {ours / base:.1f} times")
    finally:
        for p in [served, wire, *hosts]:
            if p:
                p.kill()
                p.wait()
    return 0


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    if os.environ.get("CF_BENCH_INSIDE"):
        return far(seconds)
    subprocess.run([BENCH, "512"], check=True)
    return subprocess.run(["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork",
                           "--kill-child", "--mount-proc", sys.executable, __file__, str(seconds)],
                          env={**os.environ, "CF_BENCH_INSIDE": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
