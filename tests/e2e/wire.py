# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad path between two: packets are lost, late, doubled and out of order, streams do not pass; all arrives, once.

The path is made in user space (tests/lab/slow_wire.c), with the same dice in each run.
"""
import os
import subprocess
import threading
import time

from datagrams import block
from durable import Client, Gone
from files import Pair, digest, fill, moving
from lab import BUILD, Failed, Skipped, check, open_conversation, run_stories, see_each_other, until

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
        self.proc = subprocess.Popen([SLOW_WIRE, "ethernet", *pids, path, *([back] if back else [])],
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
    """Says TEXTS numbered texts, each as soon as the one before is promised; whoever dies meanwhile is asked again."""

    def __init__(self, person, conv):
        super().__init__(daemon=True)
        self.person, self.conv, self.client = person, conv, None
        self.texts = [f"{person.name} {number}" for number in range(1, TEXTS + 1)]
        self.failure = None
        self.start()

    def say(self, text):
        if not self.client:
            self.client = Client(self.person)
            self.client.call("UNLOCK")
        self.client.call(f"SEND --wait=queued {self.conv}", text)

    def run(self):
        try:
            for text in self.texts:
                self.say(text)
                time.sleep(0.01)
        except (Failed, Gone) as failure:
            self.failure = failure
        if self.client:
            self.client.close()

    def finish(self):
        self.join(60)
        check(not self.failure and not self.is_alive(), f"{self.person.name} has said all: {self.failure!r}")


def heard(person, conv, sender):
    """What PERSON has of SENDER's numbered texts, as its history has them."""
    return [row["text"] for row in person.confab("history", conv, "--limit", 4 * TEXTS).rows
            if (row.get("text") or "").startswith(sender.name + " ")]


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
        check(digest(came) == digest(path), "the file")
        for me, other, writer in ((a, b, writers[1]), (b, a, writers[0])):
            until(f"{me.name} has all of {other.name}'s texts", lambda m=me, o=other: len(heard(m, pair.conv, o)) >= TEXTS)
            check(heard(me, pair.conv, other) == writer.texts, f"{me.name} has each once, in order")
            check(heard(other, pair.conv, other) == writer.texts, f"{other.name} has said each once, in order")
        print(f"# all is there after {time.monotonic() - begun:.1f} s")
        check(a.confab("contacts").row["carrier"] == "udp", "over datagrams")
    finally:
        wire.close()


if __name__ == "__main__":
    run_stories(storm)
