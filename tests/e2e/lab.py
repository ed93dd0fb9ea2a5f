# SPDX-License-Identifier: GPL-3.0-or-later
"""lab.py - people with real keys on virtual hosts, for end-to-end stories.

A story is a function that is given a Lab; run_stories runs each in turn and
prints TAP.  It runs inside "netns.sh run N -- python3 story.py" (story.sh does
that), as any user.  Waits are for lines that a program prints, with a
deadline; until () asks again and again, for what no line tells.
"""
import glob
import hashlib
import json
import os
import queue
import re
import signal
import struct
import subprocess
import sys
import threading
import time
import traceback

SRC = os.environ.get("CF_SRCDIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
NETNS = os.path.join(SRC, "tests/lab/netns.sh")
CLOCK = os.path.join(BUILD, "tests/lab/clock.so")
PINENTRY = os.path.join(SRC, "tests/lab/pinentry-fake")
WAIT = float(os.environ.get("CF_E2E_WAIT", "30"))
with open(os.path.join(BUILD, "confabd"), "rb") as file:
    program = file.read()
SANITIZED = b"__asan_init" in program
CONFINED = not SANITIZED and b"__gcov_" not in program
sys.path.insert(0, os.path.join(SRC, "tests/lab"))
import scratch


class Failed(Exception):
    pass


class Skipped(Exception):
    """The machine lacks what a story needs."""


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def rows(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    @property
    def row(self):
        rows = self.rows
        if len(rows) != 1:
            raise Failed(f"one row expected, got {len(rows)}: {self.out!r} {self.err!r}")
        return rows[0]

    @property
    def error(self):
        for line in reversed(self.err.splitlines()):
            if line.startswith("{"):
                return json.loads(line)
        raise Failed(f"no error object in {self.err!r}")


class Running:
    """A command that goes on: its lines are awaited."""

    def __init__(self, argv, env, password=None):
        pass_fds, read_fd = (), None
        if password is not None:
            read_fd, write_fd = os.pipe()
            os.write(write_fd, password.encode() + b"\n")
            os.close(write_fd)
            argv = argv + ["--password-fd", str(read_fd)]
            pass_fds = (read_fd,)
        self.argv = argv
        self.proc = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, text=True, pass_fds=pass_fds)
        if read_fd is not None:
            os.close(read_fd)
        self.lines, self.seen, self.errors = queue.Queue(), [], []
        self.readers = [threading.Thread(target=self._read, daemon=True),
                        threading.Thread(target=self._read_errors, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read(self):
        for line in self.proc.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_errors(self):
        self.errors.extend(self.proc.stderr)

    def wait_row(self, what, matches, seconds=WAIT):
        """The first row for which MATCHES (ROW) holds; rows seen before count, once each."""
        for i, row in enumerate(self.seen):
            if matches(row):
                return self.seen.pop(i)
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise Failed(f"waited {seconds} s for {what}; saw {self.seen[-8:]}") from None
            if line is None:
                raise Failed(f"{self.argv} ended while waiting for {what}: {''.join(self.errors)}")
            row = json.loads(line)
            if matches(row):
                return row
            self.seen.append(row)

    def end(self, seconds=WAIT):
        try:
            self.proc.wait(seconds)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            raise Failed(f"{self.argv} did not end within {seconds} s") from None
        for reader in self.readers:
            reader.join()
        out = ""
        while not self.lines.empty():
            out += self.lines.get() or ""
        return Result(self.proc.returncode, out, "".join(self.errors))

    def stop(self):
        if self.proc.poll() is None:
            self.proc.terminate()
            self.proc.wait(WAIT)


class Person:
    """A GnuPG home, a Confab home, and a host to be at."""

    def __init__(self, lab, name, host, algorithm="ed25519"):
        self.lab, self.name, self.host = lab, name, host
        self.dir = os.path.join(lab.dir, name)
        self.gnupg, self.home = os.path.join(self.dir, "g"), os.path.join(self.dir, "c")
        os.makedirs(self.gnupg, 0o700)
        self.mail = f"{name}@test.invalid"
        self.env = dict(os.environ, GNUPGHOME=self.gnupg, CONFAB_HOME=self.home, HOME=self.dir, LC_ALL="C.UTF-8",
                        XDG_RUNTIME_DIR=self.dir, PATH=BUILD + ":" + os.environ["PATH"])
        for name_ in ("DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"):
            self.env.pop(name_, None)
        os.chmod(self.dir, 0o700)
        self.clock = os.path.join(self.dir, "clock")
        self.events = None
        self.fpr = None
        if algorithm:
            self.fpr = self.make_key(algorithm)

    # --- the wall clock of everything that this person runs; before the first program starts ---
    def own_clock(self):
        self.step_clock(0)
        self.env.update(CF_CLOCK=self.clock, LD_PRELOAD=CLOCK,
                        ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")

    def step_clock(self, seconds):
        """Off by SECONDS from now on."""
        with open(self.clock, "r+b" if os.path.exists(self.clock) else "wb", buffering=0) as file:
            file.write(struct.pack("=q", int(seconds * 1000)))

    # --- gpg ---
    def gpg(self, *args, data=None, check=True, home=None):
        done = subprocess.run(["gpg", "--homedir", home or self.gnupg, "--batch", "--quiet", "--no-tty", *args],
                              input=data, capture_output=True, env=self.env)
        if check and done.returncode:
            raise Failed(f"gpg {args}: {done.stderr.decode()}")
        return done

    def make_key(self, algorithm, passphrase="", expire="never"):
        """rsa4096, ed25519, nistp256, brainpoolP256r1 ...: a primary and an encryption subkey."""
        encrypt = {"ed25519": "cv25519"}.get(algorithm, algorithm)
        common = ["--pinentry-mode", "loopback", "--passphrase", passphrase]
        self.gpg(*common, "--quick-gen-key", f"{self.name} <{self.mail}>", algorithm, "cert,sign", expire)
        fpr = self.fingerprints()[0]
        self.gpg(*common, "--quick-add-key", fpr, encrypt, "encr", expire)
        return fpr

    def fingerprints(self):
        listing = self.gpg("--with-colons", "--list-keys").stdout.decode().splitlines()
        return [listing[i + 1].split(":")[9] for i, line in enumerate(listing) if line.startswith("pub:")]

    # --- confab ---
    def argv(self, *args):
        return [NETNS, "exec", self.host, os.path.join(BUILD, "confab"), "--json", *map(str, args)]

    def start(self, *args, password=None):
        return Running(self.argv(*args), self.env, password)

    def confab(self, *args, password=None, stdin=None, code=0, timeout=60):
        if password is not None:
            result = self.start(*args, password=password).end(timeout)
        else:
            done = subprocess.run(self.argv(*args), env=self.env, input=stdin, capture_output=True, text=True,
                                  timeout=timeout, stdin=subprocess.DEVNULL if stdin is None else None)
            result = Result(done.returncode, done.stdout, done.stderr)
        if code is not None and result.code != code:
            raise Failed(f"{self.name}: confab {args}: exit {result.code}, not {code}: {result.out} {result.err}")
        return result

    def init(self, *args):
        row = self.confab("init", *(args or ("--identity", self.fpr))).row
        self.follow()
        return row

    def follow(self, since=None):
        """Follow events from here on (or from cursor SINCE)."""
        if self.events:
            self.events.stop()
        self.events = self.start("events", *(("--since", str(since)) if since is not None else ()))

    def wait(self, kind, /, seconds=WAIT, **fields):
        def matches(event):
            return event["event"] == kind and all(event.get(k) == v for k, v in fields.items())
        return self.events.wait_row(f"{self.name}: event {kind} {fields}", matches, seconds)

    def daemon_pid(self):
        done = subprocess.run(["pgrep", "-f", f"^[^ ]*confabd --home {re.escape(self.home)}$"], capture_output=True,
                              text=True)
        pids = [int(p) for p in done.stdout.split()]
        # Less what is about to become a gpg, or has gone since.
        pids = [p for p in pids if self._parent(p) is not None and self._parent(p) not in pids]
        if len(pids) != 1:
            raise Failed(f"{self.name}: one daemon expected, found {pids}")
        return pids[0]

    @staticmethod
    def _parent(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                return int(f.read().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            return None

    @staticmethod
    def _runs(pid):
        """Does any thread of it?  Until the last has ended, its sockets are open."""
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii") as f:
                    if f.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                        return True
        except (FileNotFoundError, ProcessLookupError):
            return os.path.exists(f"/proc/{pid}/stat")  # a thread has ended just now: look again
        return False

    def kill_daemon(self):
        pid = self.daemon_pid()
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + WAIT
        while self._runs(pid) and time.monotonic() < deadline:
            os.sched_yield()
        self.events.end()
        self.events = None

    def in_memory(self):
        return people_home(self.home)

    def close(self):
        if self.events:
            self.events.stop()
        subprocess.run(self.argv("stop"), env=self.env, capture_output=True, timeout=30, check=False)
        for home in (self.gnupg, os.path.join(self.home, "gnupg")):
            if os.path.isdir(home):
                subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, env=self.env,
                               check=False)


def people_home(home):
    """Where people's public keys lie while the daemon runs, if the runtime directory is not in memory."""
    parts = [b"home", os.path.realpath(home).encode()]
    tag = hashlib.blake2b(b"".join(struct.pack(">Q", len(p)) + p for p in parts), digest_size=32).hexdigest()[:16]
    return f"/dev/shm/confab-{os.geteuid()}-people-{tag}"


def people_homes(where):
    """Of all that have lived in WHERE, also those whose daemons were killed."""
    return [people_home(home) for home in glob.glob(os.path.join(where, "*/c"))]


class Node:
    """confab-node on HOST, which others reach at ADDRESS, on a port that everybody may reach; its key outlives it."""

    def __init__(self, lab, host, address):
        self.argv = [NETNS, "exec", host, os.path.join(BUILD, "confab-node"), "--state", os.path.join(lab.dir, "node"),
                     "--listen", "0.0.0.0:443", "--address", f"{address}:443"]
        lab.nodes.append(self)
        self.start()

    def start(self):
        self.proc = subprocess.Popen(self.argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.proc.stdout.readline()
        check(line, "the node says how it is written down")
        self.name = line.split()[-1]

    def stop(self, how=signal.SIGTERM):
        self.proc.send_signal(how)
        self.proc.wait(WAIT)


class Lab:
    def __init__(self):
        self.dir = scratch.make(people_homes)
        self.people, self.nodes = [], []

    def person(self, name, host, algorithm="ed25519"):
        person = Person(self, name, host, algorithm)
        self.people.append(person)
        return person

    def net(self, verb, host, *more):
        done = subprocess.run([NETNS, verb, host, *more], check=False)
        if done.returncode == 77:
            raise Skipped(f"netns.sh {verb} does not work here")
        check(not done.returncode, f"netns.sh {verb} {host}: exit {done.returncode}")

    def close(self):
        for node in self.nodes:
            node.stop()
        for person in self.people:
            person.close()
        scratch.remove(self.dir, people_homes(self.dir))


def see_each_other(a, b, seconds=WAIT):
    """Until each has the other in its list of peers."""
    for me, other in ((a, b), (b, a)):
        watch = me.start("peers", "--watch")
        watch.wait_row(f"{me.name} sees {other.name}", lambda row, f=other.fpr: row.get("fingerprint") == f, seconds)
        watch.stop()


def open_conversation(a, b, password="correct horse"):
    """A asks, B accepts; the conversation's id."""
    opening = a.start("open", b.fpr, password=password)
    request = b.wait("request", fingerprint=a.fpr)
    b.confab("accept", request["request"], password=password)
    return opening.end().row["conversation"]


def say(sender, receiver, conv, text):
    """What the one says reaches the other; its number."""
    sent = sender.confab("send", conv, text, "--wait", "delivered").row
    check(sent["state"] == "delivered", f"delivered, not {sent}")
    heard = receiver.wait("message", text=text)
    check(heard["conversation"] == conv and heard["direction"] == "in", f"the message as an event: {heard}")
    return sent["message"]


def check(condition, what):
    if not condition:
        raise Failed(what)


def until(what, happened, seconds=WAIT):
    """How long it took until HAPPENED () was true; asks, where nothing tells (routes of peers are no events)."""
    begun = time.monotonic()
    while not happened():
        if time.monotonic() - begun > seconds:
            raise Failed(f"waited {seconds} s for {what}")
        time.sleep(0.05)
    return time.monotonic() - begun


def run_stories(*stories):
    only = sys.argv[1:]
    print(f"1..{len(stories)}", flush=True)
    failed = 0
    for number, story in enumerate(stories, 1):
        title = (story.__doc__ or story.__name__).strip().splitlines()[0]
        if only and story.__name__ not in only:
            print(f"ok {number} - {title} # SKIP not asked for", flush=True)
            continue
        lab, begun = Lab(), time.monotonic()
        try:
            story(lab)
            verdict = "ok"
        except Skipped as why:
            verdict, title = "ok", f"{title} # SKIP {why}"
        except Exception:  # a story may fail in any way; the next one still runs
            failed += 1
            verdict = "not ok"
            for line in traceback.format_exc().splitlines():
                print("#", line)
            for person in lab.people:
                log = os.path.join(person.home, "confabd.log")
                if os.path.exists(log):
                    with open(log, encoding="utf-8", errors="replace") as f:
                        for line in f.read().splitlines()[-25:]:
                            print(f"# {person.name}: {line}")
        print(f"# {story.__name__}: {time.monotonic() - begun:.1f} s")
        print(f"{verdict} {number} - {title}", flush=True)
        lab.close()
    sys.exit(1 if failed else 0)
