# SPDX-License-Identifier: GPL-3.0-or-later
"""The stream of events: everybody hears the same, and who does not listen holds nobody up."""
import json
import socket
import threading
import time

from durable import PASSING, Client
from lab import SANITIZED, Failed, check, open_conversation, run_stories, see_each_other

MESSAGES, BATCH = 1700, 50  # three events each
WAITS_S = 90


class Listener(threading.Thread):
    """Follows the events from CURSOR on until it has heard the one that ends the story."""

    def __init__(self, person, cursor, last_text, sleepy=False):
        super().__init__(daemon=True)
        self.client, self.last_text, self.events, self.failure = Client(person), last_text, [], None
        self.awake = threading.Event()
        if sleepy:
            self.client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        else:
            self.awake.set()
        self.client.sock.sendall(f"EVENTS {cursor}\n".encode())
        self.start()

    def run(self):
        delivered, wanted, data = set(), None, b""
        self.awake.wait()
        try:
            while not wanted or wanted not in delivered:
                line = self.client.file.readline()
                if not line.startswith(b"D "):
                    raise Failed(f"the stream ended: {line!r} after {len(self.events)} events")
                data += line[2:-1].replace(b"%0A", b"\n").replace(b"%0D", b"\r").replace(b"%25", b"%")
                while b"\n" in data:
                    row, data = data.split(b"\n", 1)
                    event = json.loads(row)
                    if event["event"] in PASSING:
                        continue
                    self.events.append(event)
                    if event["event"] == "message" and event["text"] == self.last_text:
                        wanted = event["message"]
                    if event["event"] == "message_state" and event["state"] == "delivered":
                        delivered.add(event["message"])
        except Exception as failure:  # told by whoever waits
            self.failure = failure

    def all(self):
        self.join(WAITS_S)
        check(not self.is_alive() and not self.failure, f"heard {len(self.events)} events: {self.failure}")
        self.client.close()
        return self.events


def resident_kib(person):
    with open(f"/proc/{person.daemon_pid()}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def slow_reader(lab):
    """A client that stops reading holds up nobody, and hears all of it when it reads again"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    for person in (a, b):
        person.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    cursor, last = a.confab("status").row["cursor"], f"number {MESSAGES - 1}"
    quick = [Listener(a, cursor, last) for _ in range(2)]
    asleep = Listener(a, cursor, last, sleepy=True)
    dead = Client(a)  # asks, and never reads
    dead.sock.sendall(f"EVENTS {cursor}\n".encode())
    before, asker, slowest = resident_kib(a), Client(a), 0.0
    client = Client(a)
    for start in range(0, MESSAGES, BATCH):
        client.call(f"SEND --lines --wait=queued {conv}", "%0A".join(f"number {start + i}" for i in range(BATCH)))
        begun = time.monotonic()
        asker.call("CONVERSATIONS")
        slowest = max(slowest, time.monotonic() - begun)
    heard = [listener.all() for listener in quick]
    grown = resident_kib(a) - before
    check(heard[0] == heard[1], "two clients hear the same")
    check(len(heard[0]) >= 3 * MESSAGES, f"only {len(heard[0])} events")
    cursors = [event["cursor"] for event in heard[0]]
    check(cursors == sorted(set(cursors)) and cursors[0] > cursor, "each once, in order")
    check(asleep.is_alive() and not asleep.events, "one sleeps")
    asleep.awake.set()
    check(asleep.all() == heard[0], "who slept hears the same")
    # What waits for two sleepers, and the messages themselves; the limit of a client is 64 MiB.
    # Under the address sanitizer what was freed is kept for a while (256 MiB) to find its later users.
    check(grown < (32 + 256 * SANITIZED) * 1024, f"the daemon has grown by {grown} KiB")
    check(slowest < 2, f"somebody else waited {slowest:.1f} s")
    check(a.confab("history", conv, "--limit", "1").row["text"] == last, "the daemon goes on")
    print(f"# {len(heard[0])} events; the daemon has grown by {grown} KiB; slowest answer {slowest * 1000:.0f} ms")
    for each in (dead, asker, client):
        each.close()


if __name__ == "__main__":
    run_stories(slow_reader)
