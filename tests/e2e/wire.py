# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad path between two: packets are lost, late, doubled and out of order, streams do not pass; all arrives, once.
And a path that becomes another while a file is on its way.

The bad path is made in user space (tests/lab/slow_wire.c), with the same dice in each run.  CF_FILES_LONG=1: the file is
of a gigabyte, and goes through a node as well ("make soak-files").
"""
import contextlib
import os
import subprocess
import threading
import time

from datagrams import block, nft, unblock
from durable import Client, Gone
from files import LONG, Pair, fill, moving, same
from lab import BUILD, NETNS, WAIT, Failed, Node, Skipped, check, run_stories, until

SLOW_WIRE = os.path.join(BUILD, "tests/lab/slow_wire")
TEXTS, MEGA = 200, 1 << 20
# One of ten lost, up to 300 ms late, each packet by its own; of a hundred five overtake all, and five come twice.
STORM = "delay=5000,jitter=300000,loss=100,early=50,twice=50"


class Wire:
    """A cable between two hosts that have no other, with PATH for a path each way (BACK: another on the way back)."""

    def __init__(self, lab, hosts, path, back=None):
        pids = []
        for host in hosts:
            lab.net("cut", host)
            with open(os.path.join(os.environ["CF_NETNS_DIR"], host), encoding="ascii") as f:
                pids.append(f.read().strip())
        self.proc = subprocess.Popen([SLOW_WIRE, *pids, path, *([back] if back else [])],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.hosts, self.lab = hosts, lab
        if self.proc.stdout.readline() != "up\n":
            self.close()
            raise Skipped("no interfaces of our own here (/dev/net/tun)")

    def close(self):
        self.proc.kill()
        self.proc.wait()
        for host in self.hosts:
            self.lab.net("mend", host)


class Writer(threading.Thread):
    """Says TEXTS numbered texts, each once the one before is promised, a hundred a second at most."""

    def __init__(self, person, conv):
        super().__init__(daemon=True)
        self.person, self.conv = person, conv
        self.texts = [f"{person.name} {number}" for number in range(1, TEXTS + 1)]
        self.failure = None
        self.start()

    def run(self):
        try:
            with contextlib.closing(Client(self.person)) as client:
                client.call("UNLOCK")
                for text in self.texts:
                    client.call(f"SEND --wait=queued {self.conv}", text)
                    time.sleep(0.01)
        except (Failed, Gone) as failure:
            self.failure = failure

    def finish(self):
        self.join(60)
        check(not self.failure and not self.is_alive(), f"{self.person.name} has said all: {self.failure!r}")


def heard(person, conv, sender):
    """What PERSON has of SENDER's numbered texts, as its history has them."""
    return [row["text"] for row in person.confab("history", conv, "--limit", 4 * TEXTS).rows
            if (row.get("text") or "").startswith(sender.name + " ")]


def all_heard(pair, writers):
    """Until each has what the other's writer has said, once and in order; WRITERS: those of both, in their order."""
    for me, other, writer in ((pair.a, pair.b, writers[1]), (pair.b, pair.a, writers[0])):
        until(f"{me.name} has all of {other.name}'s texts", lambda m=me, o=other: len(heard(m, pair.conv, o)) >= TEXTS)
        check(heard(me, pair.conv, other) == writer.texts, f"{me.name} has each once, in order")
        check(heard(other, pair.conv, other) == writer.texts, f"{other.name} has said each once, in order")


def storm(lab):
    """10 % lost, 300 ms of jitter, overtaken, doubled, no stream: 200 texts each way and a file, one of them killed"""
    block(("h1", "h2"), "drop")
    wire = Wire(lab, ("h1", "h2"), STORM)
    try:
        begun = time.monotonic()
        pair = Pair(lab)
        a, b = pair.a, pair.b
        print(f"# open after {time.monotonic() - begun:.1f} s")
        begun = time.monotonic()
        path = fill(os.path.join(a.dir, "large"), MEGA)
        transfer = pair.offer(a, path)["transfer"]
        b.confab("accept-file", transfer)
        writers = [Writer(person, pair.conv) for person in (a, b)]
        writers[1].finish()  # what was asked of a daemon that dies then may have been taken, or not: nobody knows
        moving(b, transfer, 0.2)
        b.kill_daemon()
        b.confab("status")
        b.follow(0)
        print(f"# killed and back after {time.monotonic() - begun:.1f} s")
        writers[0].finish()
        came = pair.finish(a, transfer, 60)
        print(f"# the file is there after {time.monotonic() - begun:.1f} s")
        same(path, came)
        all_heard(pair, writers)
        print(f"# all is there after {time.monotonic() - begun:.1f} s")
        check(a.confab("contacts").row["carrier"] == "udp", "over datagrams")
    finally:
        wire.close()
        unblock(("h1", "h2"))


def way(me, other):
    """Route and carrier, as ME's daemon says it: what `confab contacts` shows."""
    row = next(row for row in me.confab("contacts").rows if row["fingerprint"] == other.fpr)
    return row["route"], row["carrier"]


def come_to(a, b, route, carrier, seconds=WAIT):
    """Until both say that this is how they are connected."""
    took = until(f"{route} {carrier}", lambda: way(a, b) == (route, carrier) == way(b, a), seconds)
    print(f"# {route} {carrier} after {took:.1f} s", flush=True)


def written(person):
    """Bytes that its daemon has given to files so far."""
    with open(f"/proc/{person.daemon_pid()}/io", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("wchar:"))


def forbid(hosts, what):
    """Of what HOSTS send to each other, WHAT does not arrive; the port of nodes is free.  None: all of it does."""
    rules = "table inet paths { }\ndelete table inet paths\n"
    if what:
        rules += ("table inet paths { chain in { type filter hook input priority 0; th sport 443 accept; th dport 443 accept;"
                  f' iifname "eth0" {what}; }}; }}\n')
    nft(hosts, rules)


def paths(lab):
    """A file, and talk beside it, go on by another way when theirs ends: stream, datagrams, a node, and back; nothing twice"""
    hosts = ("h1", "h2")
    for host in hosts:  # so that there is a middle
        if subprocess.run([NETNS, "exec", host, "tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", "400mbit",
                           "burst", "256kb", "latency", "20ms"], check=False).returncode:
            raise Skipped("no traffic shaping here")
    pair = Pair(lab)
    a, b = pair.a, pair.b
    if LONG:
        node = Node(lab, "h3", "10.77.0.3")
        for person in (a, b):
            person.confab("config", "nodes", node.name)
            until(f"{person.name}'s node", lambda p=person: p.confab("status").row["nodes"][0]["reachable"])
    come_to(a, b, "lan", "tcp")
    path = fill(os.path.join(a.dir, "large"), (1024 if LONG else 160) * MEGA)
    before = [written(person) for person in (a, b)]
    transfer = pair.offer(a, path)["transfer"]
    b.confab("accept-file", transfer)
    writers = [Writer(person, pair.conv) for person in (a, b)]
    moving(b, transfer, 0.02)
    forbid(hosts, "meta l4proto tcp reject with tcp reset")
    come_to(a, b, "lan", "udp")
    if LONG:
        moving(b, transfer, 0.2)
        forbid(hosts, "meta l4proto { tcp, udp } drop")
        come_to(a, b, "relay", "tcp", 60)
    moving(b, transfer, 0.3)
    forbid(hosts, None)
    come_to(a, b, "lan", "tcp", 90)
    for writer in writers:
        writer.finish()
    same(path, pair.finish(a, transfer, 90))
    all_heard(pair, writers)
    store, both = [written(person) - since for person, since in zip((a, b), before)]  # texts, and the same with the file
    twice = both - store - os.path.getsize(path)
    print(f"# beside {os.path.getsize(path) / MEGA:.0f} MiB of the file {twice / MEGA:.1f} of its map were written, and"
          f" {store / MEGA:.1f} of texts", flush=True)
    check(twice < 2 * MEGA + os.path.getsize(path) / 64, f"no block is written twice: {twice} bytes beside the file")


if __name__ == "__main__":
    run_stories(storm, paths)
