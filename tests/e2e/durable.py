# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing lost, nothing twice, in order: daemons killed, cables cut, addresses changed and clocks stepped at random
while both people write.

CF_KILLS=N kills (12), CF_SEED=N the schedule (1; 0: a new one, printed).  A message is promised once
"SEND --wait=queued" has answered.  Waits inside are random pauses of the schedule; nothing is assumed of them.
"""
import glob
import json
import os
import random
import re
import signal
import socket
import subprocess
import textwrap
import threading
import time

from lab import BUILD, NETNS, Failed, Person, check, open_conversation, run_stories, see_each_other

KILLS = int(os.environ.get("CF_KILLS", "12"))
SEED = int(os.environ.get("CF_SEED", "1")) or random.SystemRandom().randrange(1, 1 << 30)
SETTLE = 90           # seconds until all that is promised must have arrived, once nothing is broken any more
PASSING = {"typing", "peer_seen", "peer_gone", "contact", "link", "network"}
RANK = {"queued": 0, "sent": 1, "held": 2, "delivered": 3, "read": 4, "failed": 5}


class Gone(Exception):
    """The daemon has gone, or is not there yet."""


class Client:
    """One Assuan connection."""

    def __init__(self, person):
        paths = glob.glob(os.path.join(person.dir, "confab", "**", "S.confab"), recursive=True)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        try:
            self.sock.connect(paths[0])
            self.file = self.sock.makefile("rb")
            if not self.file.readline().startswith(b"OK"):
                raise Gone
        except (OSError, IndexError):
            self.sock.close()
            raise Gone from None

    def rows(self, line, answer=None):
        data = b""
        try:
            self.sock.sendall(line.encode() + b"\n")
            while True:
                line = self.file.readline()
                if not line.endswith(b"\n"):
                    raise Gone
                line = line[:-1]
                if line.startswith(b"D "):
                    data += line[2:].replace(b"%0A", b"\n").replace(b"%0D", b"\r").replace(b"%25", b"%")
                    while b"\n" in data:
                        row, data = data.split(b"\n", 1)
                        yield json.loads(row)
                elif line.startswith(b"INQUIRE "):
                    data_lines = textwrap.wrap(answer, 900, drop_whitespace=False, break_on_hyphens=False)
                    self.sock.sendall(b"".join(b"D " + part.encode() + b"\n" for part in data_lines) + b"END\n")
                elif line.split(b" ")[0] == b"OK":
                    return
                elif line.startswith(b"ERR "):
                    raise Failed(line.decode())
        except socket.timeout:
            raise Failed("the daemon does not answer") from None
        except (OSError, ValueError):
            raise Gone from None

    def call(self, line, answer=None):
        return list(self.rows(line, answer))

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


class Worker(threading.Thread):
    """A client that comes back after each death of its daemon; what it finds wrong ends the story."""

    def __init__(self, person, rng):
        super().__init__(daemon=True)
        self.person, self.rng = person, rng
        self.done, self.failure, self.client = threading.Event(), None, None
        self.start()

    def run(self):
        try:
            while not self.done.is_set():
                try:
                    self.client = Client(self.person)
                    self.client.call("UNLOCK")
                    self.work(self.client)
                except Gone:
                    self.done.wait(0.01)
                finally:
                    if self.client:
                        self.client.close()
        except Exception as failure:  # told by stop
            self.failure = failure

    def stop(self):
        self.done.set()
        self.unblock()
        self.join(60)
        if self.failure:
            raise Failed(f"{self.person.name}: {type(self).__name__}: {self.failure!r}")

    def unblock(self):
        pass


class Writer(Worker):
    """Writes numbered messages as fast as its dice say, some of them many at once."""

    def __init__(self, person, rng, conv):
        self.conv, self.number, self.promised, self.asked, self.together = conv, 0, {}, [], []
        super().__init__(person, rng)

    def work(self, client):
        while not self.done.is_set():
            count = self.rng.randrange(2, 40) if self.rng.random() < 0.15 else 1
            texts = [f"{self.person.name} {self.number + 1 + i}" for i in range(count)]
            self.number += count
            self.asked += texts
            self.together.append(texts)
            rows = client.call(f"SEND {'--lines' if count > 1 else ''} --wait=queued {self.conv}", "%0A".join(texts))
            check(len(rows) == count, f"{count} rows: {rows}")
            self.promised.update((text, row["message"]) for text, row in zip(texts, rows))
            if self.rng.random() < 0.7:
                self.done.wait(self.rng.random() * 0.06)


class Follower(Worker):
    """Follows the events with a cursor, and breaks off now and then to come back."""

    def __init__(self, person, rng, since):
        self.cursor, self.events, self.times, self.returns = since, [], [], 0
        super().__init__(person, rng)

    def work(self, client):
        left = self.rng.randrange(20, 600)
        self.returns += 1
        for event in client.rows(f"EVENTS --since={self.cursor}"):
            if event["event"] in PASSING:
                check(event["cursor"] >= self.cursor, f"passing events keep the cursor: {event}")
                continue
            check(event["cursor"] > self.cursor, f"repeated or out of order: {event} after {self.cursor}")
            self.cursor = event["cursor"]
            self.events.append(event)
            self.times.append(time.monotonic())
            left -= 1
            if not left or self.done.is_set():
                client.close()
                return

    def unblock(self):
        if self.client:
            self.client.close()


def daemon_pids(person):
    done = subprocess.run(["pgrep", "-f", f"^[^ ]*confabd --home {re.escape(person.home)}"], capture_output=True,
                          text=True, check=False)
    return [int(p) for p in done.stdout.split()]


def kill(person):
    """Whatever runs as PERSON's daemon, also one that is only beginning."""
    pids = daemon_pids(person)
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    while any(Person._runs(pid) for pid in pids):
        os.sched_yield()
    return bool(pids)


def begin(person):
    return subprocess.Popen([NETNS, "exec", person.host, os.path.join(BUILD, "confab"), "--json", "status"],
                            env=person.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def torment(lab, rng, people, writers):
    """KILLS kills, with other bad luck between; at the end everything is whole again."""
    pause = threading.Event()
    kills = cuts = early = moves = steps = 0
    cut = set()
    while kills < KILLS:
        for writer in writers:
            if writer.failure:
                return kills, cuts, early, moves, steps
        pause.wait(rng.random() * 1.5)
        if rng.random() < 0.15:
            person = rng.choice(people)
            lab.net("renumber", person.host, str(rng.randrange(10, 250) // 2 * 2 + people.index(person)))
            moves += 1
        if rng.random() < 0.15:
            rng.choice(people).step_clock(rng.randrange(-6 * 3600, 6 * 3600))
            steps += 1
        if rng.random() < 0.4:
            host = rng.choice(people).host
            lab.net("mend" if host in cut else "cut", host)
            cuts += host not in cut
            cut ^= {host}
            continue
        victim = rng.choice(people)
        kills += kill(victim)
        if rng.random() < 0.2:
            other = people[victim is people[0]]
            kills += kill(other)
            begin(other).wait()
        starting = begin(victim)
        if rng.random() < 0.3:  # while it starts
            pause.wait(rng.random() * 0.3)
            died = kill(victim)
            kills, early = kills + died, early + died
            starting.wait()
            starting = begin(victim)
        starting.wait()
        if cut and rng.random() < 0.5:
            lab.net("mend", cut.pop())
    for host in cut:
        lab.net("mend", host)
    for person in people:
        person.step_clock(0)
    for person in people:
        person.confab("status")
    return kills, cuts, early, moves, steps


def whole_history(person, conv):
    client, rows, before = Client(person), [], ""
    while True:
        page = client.call(f"HISTORY --limit=1000 {before} {conv}")
        if not page:
            client.close()
            return rows
        rows = page + rows
        before = f"--before={page[0]['message']}"


def wait_settled(people, conv):
    """Until each side holds what the other has written, all of it delivered."""
    deadline = time.monotonic() + SETTLE
    pause = threading.Event()
    while True:
        rows = [whole_history(p, conv) for p in people]
        out = [[r["message"] for r in own if r["direction"] == "out"] for own in rows]
        inn = [[r["message"] for r in own if r["direction"] == "in"] for own in rows]
        done = all(RANK[r["state"]] >= RANK["delivered"] for own in rows for r in own)
        if done and out[0] == inn[1] and out[1] == inn[0]:
            return rows
        if time.monotonic() > deadline:
            waiting = [sum(r["state"] in ("queued", "sent") for r in own) for own in rows]
            raise Failed(f"not settled after {SETTLE} s: {waiting} wait; out {[len(o) for o in out]},"
                         f" in {[len(i) for i in inn]}")
        pause.wait(0.2)


def numbers(rows):
    return [int(r["text"].split()[1]) for r in rows]


def check_history(person, other, rows, writer, other_writer):
    check(all(r["signature"] == "valid" for r in rows), f"{person.name}: every signature valid")
    check(len({r["message"] for r in rows}) == len(rows), f"{person.name}: an id twice")
    for direction, author, who in (("out", person, writer), ("in", other, other_writer)):
        mine = [r for r in rows if r["direction"] == direction]
        check(all(r["text"].split()[0] == author.name for r in mine), f"{person.name}: authors mixed up")
        count = numbers(mine)
        check(count == sorted(set(count)), f"{person.name} {direction}: order, or one twice")
        texts = {r["text"]: r["message"] for r in mine}
        for text, message in who.promised.items():
            check(texts.get(text) == message, f"{person.name} {direction}: {text!r} was promised and is not there")
        check(set(texts) <= set(who.asked), f"{person.name}: nobody wrote {set(texts) - set(who.asked)}")
        for group in who.together:
            check(len({text in texts for text in group}) == 1, f"{person.name} {direction}: a part of {group}")


def check_events(person, rows, events):
    """The stream, pieced together from all its parts, says what history says: each message once, each state once."""
    said = [(e["message"], e["text"]) for e in events if e["event"] == "message"]
    check(said == [(r["message"], r["text"]) for r in rows], f"{person.name}: message events differ from history")
    last = {e["message"]: RANK[e["state"]] for e in events if e["event"] == "message"}
    for event in events:
        if event["event"] == "message_state":
            state = RANK[event["state"]]
            check(event["message"] in last, f"{person.name}: a state of no message {event}")
            check(state > last[event["message"]], f"{person.name}: a state again, or backwards: {event}")
            last[event["message"]] = state
    for row in rows:
        check(last[row["message"]] == RANK[row["state"]], f"{person.name}: last state in events of {row}")
    check(not [e for e in events if e["event"] == "error"], f"{person.name}: errors among the events")


def check_envelopes(person, conv, rows):
    """The signed and encrypted records hold each message once."""
    client = Client(person)
    envelopes = client.call(f"EXPORT --format=envelopes {conv}")
    mails = client.call(f"EXPORT {conv}")
    exported = client.call(f"EXPORT --format=json {conv}")
    client.close()
    for direction in ("out", "in"):
        last = 0
        for envelope in (e for e in envelopes if e["direction"] == direction):
            check(envelope["first"] == last + 1 <= envelope["last"], f"{person.name} {direction}: once after {last}")
            last = envelope["last"]
        check(last == sum(r["direction"] == direction for r in rows), f"{person.name} {direction}: records end at {last}")
    check(len(mails) == len(envelopes), f"{person.name}: a mail for each envelope")
    check(exported == rows, f"{person.name}: the export differs from history")


def check_nothing_left(people, conv):
    """After one more restart nothing old is sent: the next message is the only one taken, and nothing comes again."""
    for person in people:
        kill(person)
    for person in people:
        begin(person).wait()
    for person in people:
        row = person.confab("send", conv, "the last word", "--wait", "delivered").row
        check(row["state"] == "delivered", f"{row}")
    for person in people:
        client = Client(person)
        counters = client.call("STATUS")[0]["counters"]["messages"]
        client.close()
        wanted = dict.fromkeys(counters, 0)
        wanted["taken"] = 1
        check(counters == wanted, f"{person.name}: {counters}")


def catch_up(follower, person):
    """All that there is: until the stream is where the daemon is."""
    client = Client(person)
    target = client.call("STATUS")[0]["cursor"]
    client.close()
    deadline = time.monotonic() + 60
    pause = threading.Event()
    while follower.cursor < target:
        if time.monotonic() > deadline or follower.failure:
            raise Failed(f"{person.name}: events stop at {follower.cursor} of {target}: {follower.failure}")
        pause.wait(0.02)
    follower.stop()


def kills(lab):
    """Killed and cut at random: every promise is kept once, in order, and the events tell it"""
    print(f"# CF_SEED={SEED} CF_KILLS={KILLS}")
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    people = [a, b]
    for person in people:
        person.own_clock()
        person.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    since = []
    for person in people:
        person.events.stop()
        person.events = None
        since.append(person.confab("status").row["cursor"])
    rng = random.Random(SEED)
    writers = [Writer(p, random.Random(rng.random()), conv) for p in people]
    followers = [Follower(p, random.Random(rng.random()), c) for p, c in zip(people, since)]
    begun = time.monotonic()
    done, cuts, early, moves, steps = torment(lab, rng, people, writers)
    for worker in writers:
        worker.stop()
    healed = time.monotonic()
    rows = wait_settled(people, conv)
    settled = time.monotonic()
    for follower, person in zip(followers, people):
        catch_up(follower, person)
    for i, person in enumerate(people):
        check_history(person, people[1 - i], rows[i], writers[i], writers[1 - i])
        check_events(person, rows[i], followers[i].events)
        check_envelopes(person, conv, rows[i])
    # A fresh client, with the command line, from the beginning.
    for i, person in enumerate(people):
        stream = person.start("events", "--since", since[i])
        last = followers[i].cursor
        stream.wait_row("the last event", lambda row, c=last: row["cursor"] >= c and row["event"] not in PASSING)
        stream.stop()
        seen = [e for e in stream.seen if e["event"] not in PASSING]
        check(seen == followers[i].events[:-1], f"{person.name}: the command line tells another story")
    check_nothing_left(people, conv)
    print(f"# {done} kills ({early} while starting), {cuts} cuts, {moves} new addresses, {steps} clock"
          f" steps in {healed - begun:.1f} s; settled in"
          f" {settled - healed:.1f} s; promised {[len(w.promised) for w in writers]}, unanswered"
          f" {[len(w.asked) - len(w.promised) for w in writers]}, events {[len(f.events) for f in followers]},"
          f" streams {[f.returns for f in followers]}")


def online(client, conv):
    return next(r["online"] for r in client.call("CONVERSATIONS") if r["conversation"] == conv)


def wait_online(client, conv, wanted, limit):
    begun, pause = time.monotonic(), threading.Event()
    while online(client, conv) is not wanted:
        if time.monotonic() - begun > limit:
            raise Failed(f"online is not {wanted} after {limit} s")
        pause.wait(0.02)
    return time.monotonic() - begun


def reconnect(lab):
    """A dead path is noticed within 10 s; the link is up again within 5 s of its return"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    for person in (a, b):
        person.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    clients, pause = [Client(a), Client(b)], threading.Event()
    for client in clients:
        wait_online(client, conv, True, 5)
    # Mended as soon as it is noticed, and after the back-off has grown; with and without a sign from the carrier.
    cases = [("cut", "mend", 0), ("detach", "attach", 12)]
    if KILLS > 12:
        cases += [("cut", "mend", 20), ("detach", "attach", 0), ("detach", "attach", 75)]
    for cut, mend, seconds in cases:
        lab.net(cut, "h2")
        begun = time.monotonic()
        for client in clients:
            wait_online(client, conv, False, 10)
        noticed = time.monotonic() - begun
        pause.wait(seconds)
        lab.net(mend, "h2")
        begun = time.monotonic()
        for client in clients:
            wait_online(client, conv, True, 5)
        print(f"# {cut}: noticed in {noticed:.1f} s; after {seconds} s of silence up again in"
              f" {time.monotonic() - begun:.2f} s")
    lab.net("renumber", "h2", "77")
    begun = time.monotonic()
    for sender in (a, b):
        sender.confab("send", conv, "to wherever you are", "--wait", "delivered", "--timeout", "10")
    took = time.monotonic() - begun
    print(f"# another address: a message each way in {took:.1f} s")
    check(took < 8, "at once after a change of the network")
    for client in clients:
        client.close()


def slow(lab):
    """While a long message crawls over a slow path, the path does not count as lost"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    for person in (a, b):
        person.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    client = Client(a)
    before = client.call("STATUS")[0]["counters"]["links"]["up"]
    lab.net("slow", "h2", "150")
    begun = time.monotonic()
    row = client.call(f"SEND --wait=queued {conv}", "x" * 250000)[0]
    a.wait("message_state", 90, message=row["message"], state="delivered")
    took = time.monotonic() - begun
    print(f"# 250 kB in {took:.1f} s")
    check(took > 10, "so slow that the path would be given up without a sign of life")
    check(client.call("STATUS")[0]["counters"]["links"]["up"] == before, "the link went down meanwhile")
    client.close()


if __name__ == "__main__":
    run_stories(kills, reconnect, slow)
