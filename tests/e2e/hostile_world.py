# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the hostile peer: a victim, an honest friend of hers who talks on, and hands that break any rule.

A case is a function that is given a World; what must be counted is said by its decorator.  Around each: every
reason is counted as often as expected, the daemon is the same and bounded, and the honest talk went on meanwhile.
"""
import hashlib
import itertools
import os
import struct
import subprocess
import threading
import time
import traceback

from durable import Client
from lab import BUILD, NETNS, SANITIZED, WAIT, Failed, Lab, check, open_conversation, see_each_other

LONG = bool(os.environ.get("CF_HOSTILE_LONG"))  # whole floods instead of short ones
LATENCY = 5.0            # seconds: how long a message of the honest may take while an attack goes on
MEMORY = 96 << 20        # bytes: what an attack may cost while it lasts
FOR_GOOD = MEMORY // 4   # ... and when it is over
if SANITIZED:            # what was freed is kept for a while (256 MiB, and what is between) to find its later users
    MEMORY, FOR_GOOD = 8 * MEMORY, 6 * MEMORY
DISCOVERY = 7077
CONTROL, TALK, BULK, LINK = 0, 1, 2, 255
KEY_ASK = b"\1" + bytes(16)  # without a token
MORE = 1
OPEN, RECEIVED, ACCEPT, REFUSED, YA, YB, TA, TB, WRONG, KEY, STATEMENT, DONE, OPENED = range(1, 14)
ENVELOPE, ACK, NEED, READ, TYPING = range(32, 37)


class Err(Exception):
    """What the hands could not do, or what the other side did to them."""


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def blob16(data):
    return u16(len(data)) + data


def fpr_bytes(hexadecimal):
    raw = bytes.fromhex(hexadecimal)
    return bytes([4 if len(raw) == 20 else 5]) + raw


def hash_of(label, *inputs, key=b""):
    """H and K of the protocol."""
    h = hashlib.blake2b(digest_size=32, key=key)
    for data in (label.encode(),) + inputs:
        h.update(u64(len(data)) + data)
    return h.digest()


class Hands:
    """hostile_peer on a host: a command, an answer."""

    def __init__(self, host, env):
        self.proc = subprocess.Popen([NETNS, "exec", host, os.path.join(BUILD, "tests/e2e/hostile_peer")], env=env,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.numbers = itertools.cycle(range(1, 128))

    def call(self, *words):
        line = " ".join((w.hex() or "-") if isinstance(w, bytes) else str(w) for w in words)
        try:
            self.proc.stdin.write(line + "\n")
            self.proc.stdin.flush()
            answer = self.proc.stdout.readline().split()
        except BrokenPipeError:
            answer = None
        if not answer:
            raise Failed(f"the hands have died of {line[:80]}")
        if answer[0] != "ok":
            raise Err(*answer[1:])
        return answer[1:]

    def numbers_of(self, *words):
        return [int(w) for w in self.call(*words)]

    def data(self, *words):
        return [b"" if w == "-" else bytes.fromhex(w) for w in self.call(*words)]

    def close(self):
        try:
            self.proc.stdin.close()
        except BrokenPipeError:
            pass  # it has died before
        self.proc.wait(WAIT)


class Stream:
    """A stream to, or from, a daemon; as a tunnel as far as one wants."""

    def __init__(self, hands):
        self.hands, self.n = hands, next(hands.numbers)
        self.hash = self.remote = None

    def dial(self, addr, port, source):
        self.hands.call("dial", self.n, addr, port, source)
        return self

    def accept(self, ms=15000):
        self.hands.call("accept", self.n, ms)
        return self

    def write(self, data):
        self.hands.call("write", self.n, data)

    def read(self, size, ms=3000):
        return self.hands.data("read", self.n, size, ms)[0]

    def end(self, ms=12000):
        """How it ended, and what was said before."""
        try:
            return "more", self.read(1 << 20, ms)
        except Err as err:
            return err.args[0], b"" if err.args[1] == "-" else bytes.fromhex(err.args[1])

    def close(self):
        self.hands.call("close", self.n)

    # --- Noise ---
    def noise(self, role, suite, secret, public, remote, clear):
        self.hands.call("noise", self.n, role, suite, secret, public, remote, b"confab tunnel" + clear)

    def nwrite(self, payload=b""):
        return self.hands.data("nwrite", self.n, payload)[0]

    def nread(self, message):
        return self.hands.data("nread", self.n, message)[0]

    def split(self):
        self.hash, self.remote = self.hands.data("split", self.n)

    # --- records ---
    def seal(self, channel, data, flags=0):
        return self.hands.data("seal", self.n, channel, flags, data)[0]

    def record(self, channel, data, flags=0):
        self.write(self.seal(channel, data, flags))

    def send(self, channel, data, times=1):
        self.hands.call("send", self.n, channel, data, times)

    def frame(self, kind, conv, body=b"", times=1):
        self.send(TALK, bytes([kind]) + conv + body, times)

    def message(self, ms=5000):
        channel, data = self.hands.call("message", self.n, ms)
        return int(channel), b"" if data == "-" else bytes.fromhex(data)

    def awake(self, on):
        """Shall it be read, and stay alive, also while nothing is asked of it?"""
        self.hands.call("awake", self.n, int(on))

    def bye(self, ms=5000):
        """The reason in the other side's goodbye; whatever comes before is passed over."""
        try:
            while True:
                self.message(ms)
        except Err as err:
            check(err.args[0] == "bye", f"a goodbye, not {err.args}")
            return " ".join(err.args[2:])


class Keys:
    """A device key pair."""

    def __init__(self, hands):
        self.secret, self.public = hands.data("keypair")


class Talk(threading.Thread):
    """Bob writes to Alice, one message after the other, and looks how long each takes."""

    def __init__(self, bob, conv):
        super().__init__(daemon=True)
        self.client, self.conv = Client(bob), conv
        self.over, self.delivered, self.worst, self.failure = threading.Event(), 0, 0.0, None
        self.told = threading.Condition()
        self.start()

    def run(self):
        try:
            while not self.over.wait(0.1):
                begun = time.monotonic()
                self.client.call(f"SEND --wait=delivered {self.conv}", "still here")
                with self.told:
                    self.delivered += 1
                    self.worst = max(self.worst, time.monotonic() - begun)
                    self.told.notify_all()
        except Exception as failure:
            self.failure = failure
            with self.told:
                self.told.notify_all()

    def wait_more(self, count):
        """Until COUNT more messages, whole ones, were delivered."""
        with self.told:
            target = self.delivered + count + 1
            self.told.wait_for(lambda: self.delivered >= target or self.failure, WAIT)
            check(not self.failure and self.delivered >= target, f"the honest are disturbed: {self.failure!r}")

    def stop(self):
        self.over.set()
        self.join(WAIT)


class Watch(threading.Thread):
    """The most that a process has of memory and descriptors."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.over = pid, threading.Event()
        self.memory = self.files = 0
        self.start()

    def look(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as f:
            memory = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return memory, len(os.listdir(f"/proc/{self.pid}/fd"))

    def run(self):
        while not self.over.wait(0.05):
            try:
                memory, files = self.look()
            except OSError:
                return
            self.memory, self.files = max(self.memory, memory), max(self.files, files)

    def stop(self):
        self.over.set()
        self.join(WAIT)


class World:
    def __init__(self, lab):
        self.lab = lab
        self.alice, self.bob = lab.person("alice", "h1"), lab.person("bob", "h2")
        self.mallory, self.eve = lab.person("mallory", "h3"), lab.person("eve", "h3")
        for person in (self.alice, self.bob):
            person.init()
        see_each_other(self.alice, self.bob)
        self.conv = open_conversation(self.bob, self.alice)
        self.client = Client(self.alice)
        status = self.status()
        self.device = bytes.fromhex(status["address"].split(":")[2])
        self.addr = "10.77.0.1"
        self.port = int(next(a for a in status["listen"] if a.startswith("10.77.")).rsplit(":", 1)[1])
        self.pid = self.alice.daemon_pid()
        # Addresses of the link that nobody else has: h3 answers for them, so that each case comes from its own.
        subprocess.run([NETNS, "exec", "h3", "ip", "route", "replace", "local", "10.77.0.128/26", "dev", "lo"], check=True)
        self.sources = itertools.cycle(range(128, 192))
        self.hands = Hands("h3", self.mallory.env)
        self.keys = Keys(self.hands)
        self.number, self.hellos = os.urandom(16), {}
        self.talk = Talk(self.bob, self.conv)
        self.talk.wait_more(1)

    def close(self):
        self.talk.stop()
        self.hands.close()
        self.talk.client.close()
        self.client.close()

    def status(self):
        return self.client.call("STATUS")[0]

    def refused(self):
        return self.status()["refused"]

    def source(self):
        return f"10.77.0.{next(self.sources)}"

    # --- ways in ---
    def stream(self, source=None):
        return Stream(self.hands).dial(self.addr, self.port, source or self.source())

    def first(self, stream, keys=None, suite=1, version=1, ahead_ms=0, remote=None, magic=b"CfTu"):
        """The clear bytes and message 1, not sent."""
        keys = keys or self.keys
        clear = magic + bytes([version, suite])
        stream.noise("i", suite if suite in (0, 1) else 1, keys.secret, keys.public, remote or self.device, clear)
        return clear + stream.nwrite(u64(int(time.time() * 1000) + ahead_ms))

    def tunnel(self, keys=None, suite=1, source=None):
        """A tunnel to Alice, ready for records."""
        stream = self.stream(source)
        stream.write(self.first(stream, keys, suite))
        stream.nread(stream.read(48))
        stream.write(stream.nwrite())
        stream.split()
        return stream

    def accepted(self, keys, ms=15000):
        """The tunnel that Alice has dialled, to the hands' listener."""
        stream = Stream(self.hands).accept(ms)
        clear = stream.read(6)
        stream.noise("r", clear[5], keys.secret, keys.public, b"", clear)
        stream.nread(stream.read(56))
        stream.write(stream.nwrite())
        stream.nread(stream.read(64))
        stream.split()
        return stream

    # --- who one is, or says to be ---
    def block(self, person):
        return person.gpg("--export", "--export-options", "export-minimal", person.fpr).stdout

    def sign(self, person, data, kind="device", extra=()):
        return person.gpg("--local-user", person.fpr, "--digest-algo", "SHA512", *extra, "--sig-notation",
                          f"statement@confab.invalid={kind}", "--detach-sign", "--output", "-", data=data).stdout

    def statement(self, person, keys=None, begin_ms=-1000, end_ms=86400000, fpr=None, number=None, **more):
        """The fields of a device statement, and its signature."""
        keys, now, number = keys or self.keys, int(time.time() * 1000), number or self.number
        fpr = fpr_bytes(fpr or person.fpr)
        fields = [u64(now + begin_ms), u64(now + end_ms)]
        signed = b"\0confab device v1" + blob16(fpr) + blob16(keys.public) + blob16(number)
        signed += b"".join(blob16(f) for f in fields)
        return fpr + keys.public + number + b"".join(fields), self.sign(person, signed, **more)

    def hello(self, person=None, keys=None, kind=3, versions=2, suites=3, expected=None, block=None, statement=None,
              name=b"mallory", token=bytes(16), **more):
        person = person or self.mallory
        fields, signature = statement or self.statement(person, keys, **more)
        block = self.block(person) if block is None else block
        head = bytes([kind]) + (token if kind == 3 else b"") + u32(versions) + u32(suites)
        if kind == 3:
            head += fpr_bytes(expected or self.alice.fpr)
        return head + fields + blob16(signature) + u32(len(block)) + block + blob16(name)

    def link(self, person=None, keys=None, source=None):
        """An identified tunnel: both HELLOs were good."""
        who = (person or self.mallory).fpr, (keys or self.keys).public
        if who not in self.hellos: # a new statement each time would be refused as too many changes
            self.hellos[who] = self.hello(person, keys)
        tunnel = self.tunnel(keys, source=source)
        tunnel.send(CONTROL, self.hellos[who])
        channel, data = tunnel.message(15000)
        check(channel == CONTROL and data[0] == 3, f"a HELLO, not {channel} {data[:20]}")
        return tunnel

    def beacon(self, kind=1, port=4711, keys=None, fpr=None, name=b"mallory", udp=0, pad=True):
        keys_public = (keys or self.keys).public
        data = b"CFB1\1" + bytes([kind]) + u16(port) + u16(udp) + keys_public + fpr_bytes(fpr or self.mallory.fpr)
        data += blob16(name)
        return data.ljust(160, b"\0") if kind == 1 and pad else data


# --- cases ---

GROUPS = {}


def case(group, title, **reasons):
    """REASONS: how often each must be counted, at least; "gate_tag" stands for gate.tag."""
    def decorate(function):
        wanted = {reason.replace("_", ".", 1): count for reason, count in reasons.items()}
        GROUPS.setdefault(group, []).append((title, function, wanted))
        return function
    return decorate


def wait_until(what, holds, seconds=WAIT):
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds} s until {what}")
        pause.wait(0.02)


def run_case(world, function, wanted):
    """What is to be said of it; Failed if it did not go as it should."""
    before = world.refused()
    watch = Watch(world.pid)
    memory, _ = watch.look()
    delivered, world.talk.worst = world.talk.delivered, 0.0
    try:
        function(world)

        def counted():
            now = world.refused()
            return {r: now.get(r, 0) - before.get(r, 0) for r in set(now) | set(wanted)}

        try:
            wait_until("it is counted", lambda: all(counted()[r] >= n for r, n in wanted.items()), 15)
        except Failed:
            grown = {r: n for r, n in counted().items() if n}
            raise Failed(f"to be counted: {wanted}; was counted: {grown}") from None
        world.talk.wait_more(1)
    finally:
        watch.stop()
        world.hands.call("drop")
    check(world.alice.daemon_pid() == world.pid, "the daemon lives")
    check(world.talk.worst < LATENCY, f"an honest message took {world.talk.worst:.1f} s")
    check(watch.memory - memory < MEMORY, f"memory grew from {memory >> 20} to {watch.memory >> 20} MiB")
    return (f"honest messages {world.talk.delivered - delivered}, slowest {world.talk.worst * 1000:.0f} ms; at most"
            f" {watch.memory >> 20} MiB, {watch.files} files")


class Tap:
    def __init__(self):
        self.number = self.failed = 0

    def tell(self, ok, title, *notes):
        self.number += 1
        self.failed += not ok
        for note in notes:
            print("#", note)
        print(f"{'ok' if ok else 'not ok'} {self.number} - {title}", flush=True)


def run_group(tap, world, group, cases, only):
    watch = Watch(world.pid)
    watch.stop()
    memory, files = watch.look()
    for title, function, wanted in cases:
        if only and not {group, function.__name__} & only:
            tap.tell(True, f"{group}: {title} # SKIP not asked for")
            continue
        begun = time.monotonic()
        try:
            note = run_case(world, function, wanted)
            tap.tell(True, f"{group}: {title}", f"{time.monotonic() - begun:.1f} s; {note}")
        except Exception:
            tap.tell(False, f"{group}: {title}", *traceback.format_exc().splitlines(), *log_of(world.alice))
    for n in range(1, 128):
        world.hands.call("close", n)
    try:
        # Opening an envelope takes a few pipes at any moment.
        wait_until("descriptors are let go", lambda: watch.look()[1] <= files + 24)
        grown = watch.look()[0] - memory
        check(grown < FOR_GOOD, f"memory has grown by {grown >> 20} MiB for good")
        tap.tell(True, f"{group}: all is let go again", f"memory kept: {grown >> 10} KiB")
    except Exception:
        tap.tell(False, f"{group}: all is let go again", *traceback.format_exc().splitlines())


def run_groups(only):
    """How many have failed."""
    print(f"1..{sum(len(cases) + 1 for cases in GROUPS.values())}", flush=True)
    only, tap, lab, world = set(only), Tap(), Lab(), None
    try:
        world = World(lab)
        for group, cases in GROUPS.items():
            run_group(tap, world, group, cases, only)
    except Exception:
        print(*("# " + line for line in traceback.format_exc().splitlines()), sep="\n")
        print("Bail out!", flush=True)
        raise
    finally:
        if world:
            world.close()
        lab.close()
    return tap.failed


def log_of(person, lines=30):
    with open(os.path.join(person.home, "confabd.log"), encoding="utf-8", errors="replace") as f:
        return f.read().splitlines()[-lines:]
