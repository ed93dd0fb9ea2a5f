# SPDX-License-Identifier: GPL-3.0-or-later
"""An hour of two people who talk, in real time: neither memory nor descriptors of a daemon, or of its agents, grow.

CF_SOAK_SECONDS=N (3600).  A round is a minute: they write, read, change what they said, search, come and go with
clients; now and then the cable is pulled, or a conversation is opened, used and deleted.  Then both are quiet, and are
looked at.  What the last rounds show is compared with what those after the first third do: caches are full by then.
"""
import os
import re
import statistics
import subprocess
import threading
import time

from durable import Client, wait_online
from lab import Failed, check, open_conversation, run_stories, see_each_other

SECONDS = int(os.environ.get("CF_SOAK_SECONDS", "3600"))
ROUND = min(60, max(4, SECONDS // 20))
GROWTH = 512          # KiB: one that lost 128 bytes with each message would be found
PACE = 0.4            # seconds between two turns of the talk
LOOKS = 14            # half a second between them
QUIET = 30            # seconds within which nothing is under way any more
pause = threading.Event()


def agents(person):
    """The gpg-agents of the user's home and of the conversations'."""
    pids = []
    for home in (person.gnupg, os.path.join(person.home, "gnupg")):
        done = subprocess.run(["pgrep", "-f", f"^gpg-agent --homedir {re.escape(home)} "], capture_output=True,
                              text=True, check=False)
        pids += [int(p) for p in done.stdout.split()]
    return pids


def look(pid):
    """Private memory (KiB) and descriptors of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        memory = next(int(line.split()[1]) for line in f if line.startswith("RssAnon:"))
    return memory, len(os.listdir(f"/proc/{pid}/fd"))


def talk(one, other, conv, number):
    """A message, read at the other end; every twentieth is a long one, and each fifth is changed afterwards."""
    text = f"number {number} " + "and more " * (2000 if number % 20 == 0 else 5)
    one.call(f"TYPING {conv}")
    row = one.call(f"SEND --wait=delivered {conv}", text)[-1]
    check(row["state"] in ("delivered", "read"), f"{row}")
    other.call(f"READ {conv}")
    if number % 5 == 0:
        one.call(f"EDIT {conv} {row['message']}", f"number {number}, as it should be")
        other.call(f"REACT {conv} {row['message']} 👍")
    if number % 25 == 0:
        one.call(f"DELETE-MESSAGE {conv} {row['message']}")


def clients_come_and_go(people, conv):
    """A look at everything, by clients that say goodbye and by clients that do not."""
    for person in people:
        client = Client(person)
        for line in ("STATUS", "PEERS", "CONVERSATIONS", f"HISTORY --limit=200 {conv}", "SEARCH more"):
            client.call(line)
        client.close()
        stream = Client(person)
        next(stream.rows("EVENTS --since=0"))
        stream.close()
        person.confab("conversations")


def open_use_delete(people):
    """Another conversation, with keys of its own, which are destroyed with it."""
    a, b = people
    conv = open_conversation(a, b, "for a while")
    a.confab("send", conv, "for a while", "--wait", "delivered")
    a.confab("delete", conv)
    b.wait("conversation", conversation=conv, state="closed")
    b.confab("delete", conv)


def break_cable(lab, people, clients, conv):
    lab.net("cut", people[1].host)
    for client in clients:
        wait_online(client, conv, False, 15)
    for client in clients:
        client.call(f"SEND --wait=queued {conv}", "while it was out")
    lab.net("mend", people[1].host)
    for client in clients:
        wait_online(client, conv, True, 15)


def wait_quiet(clients, conv):
    deadline = time.monotonic() + QUIET
    while True:
        rows = [row for client in clients for row in client.call(f"HISTORY --limit=50 {conv}")]
        if all(row["state"] not in ("queued", "sent") for row in rows):
            return
        if time.monotonic() > deadline:
            raise Failed(f"not quiet after {QUIET} s")
        pause.wait(0.1)


def sample(people):
    """Memory and descriptors of everything, each the least of some looks: gpg may be at work a moment longer, and a
    veiled beacon's sockets are open for 5 s."""
    pids = {person.name: person.daemon_pid() for person in people}
    for person in people:
        pids.update({f"{person.name}'s agent {i}": pid for i, pid in enumerate(agents(person))})
    least = {}
    for _ in range(LOOKS):
        for name, pid in pids.items():
            memory, files = look(pid)
            old = least.get(name, (memory, files))
            least[name] = min(old[0], memory), min(old[1], files)
        pause.wait(0.5)
    return least


def judge(samples):
    """The last sixth against the sixth that begins after a third."""
    sixth = max(1, len(samples) // 6)
    early, late = samples[2 * sixth:3 * sixth], samples[-sixth:]
    grown = []
    for name in sorted(samples[-1]):
        memory = [statistics.median(s[name][0] for s in part if name in s) for part in (samples[:sixth], early, late)]
        files = [max(s[name][1] for s in part if name in s) for part in (samples[:sixth], early, late)]
        print(f"# {name}: memory {memory[0]:.0f}, {memory[1]:.0f}, {memory[2]:.0f} KiB; descriptors {files}"
              " (at first, after a third, at the end)")
        if memory[2] - memory[1] > GROWTH or files[2] > files[1]:
            grown.append(name)
    check(not grown, f"grows: {', '.join(grown)}")


def hour(lab):
    """Two daemons that talk for an hour hold as much memory and as many descriptors at its end as after a third"""
    people = [lab.person("alice", "h1"), lab.person("bob", "h2")]
    for person in people:
        person.init()
    see_each_other(*people)
    conv = open_conversation(*people)
    clients = [Client(person) for person in people]
    begun, samples, number, rounds = time.monotonic(), [], 0, 0
    while time.monotonic() - begun < SECONDS:
        rounds += 1
        until = begun + rounds * ROUND
        clients_come_and_go(people, conv)
        if rounds % 3 == 0:
            open_use_delete(people)
        if rounds % 5 == 0:
            break_cable(lab, people, clients, conv)
        while time.monotonic() < until:
            number += 1
            talk(clients[number % 2], clients[1 - number % 2], conv, number)
            pause.wait(PACE)
        wait_quiet(clients, conv)
        samples.append(sample(people))
    print(f"# {rounds} rounds, {number} messages in {time.monotonic() - begun:.0f} s")
    judge(samples)
    for client in clients:
        client.close()


if __name__ == "__main__":
    run_stories(hour)
