#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""latency.py - what a person waits for: P3 message, P6 start, P7 a new peer, P8 opening.

Usage: latency.py [ROUNDS]     (from the build directory; "make bench" does it)

Two daemons on this machine, on loopback, Ed25519 identities.  Each figure is a
median over ROUNDS and is divided by bare OpenPGP operations (bare_gpg) measured
in the same run, half before and half after.  Talks to the daemons over one
Assuan connection each, as a client that stays open would.
"""
import glob
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
OPENS, OPENS_SECONDS = 8, 61  # CF_GATE_FLOOD_OPENS in CF_GATE_FLOOD_MS
TYPING = 1                    # seconds that a person takes for a password, at least


class Client:
    """One connection to a daemon's local interface."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.file = self.sock.makefile("rb")
        self.file.readline()

    def call(self, line, answer=None):
        """Rows of a command; ANSWER goes to its inquiry."""
        self.send(line)
        return list(self.rows(answer))

    def send(self, line):
        self.sock.sendall(line.encode() + b"\n")

    def wait_inquiry(self):
        assert self.file.readline().startswith(b"INQUIRE ")

    def tell(self, answer):
        self.sock.sendall(b"D " + answer.encode() + b"\nEND\n")

    def rows(self, answer=None):
        data = b""
        while True:
            line = self.file.readline().rstrip(b"\n")
            if line.startswith(b"D "):
                data += line[2:].replace(b"%0A", b"\n").replace(b"%0D", b"\r").replace(b"%25", b"%")
                while b"\n" in data:
                    row, data = data.split(b"\n", 1)
                    yield json.loads(row)
            elif line.startswith(b"INQUIRE "):
                self.tell(answer)
            elif line == b"OK" or line.startswith(b"OK "):
                return
            elif line.startswith(b"S "):
                problem = line
            elif line.startswith(b"ERR "):
                raise SystemExit(f"{line} {problem}")
            elif not line:
                raise SystemExit("the daemon has gone")


class Person:
    """AT: words before those of the daemon, which begin it elsewhere, where it listens on LISTEN."""

    def __init__(self, base, name, at=(), listen="127.0.0.1:0"):
        self.name, self.dir, self.at, self.listen = name, os.path.join(base, name), at, listen
        self.gnupg, self.home = os.path.join(self.dir, "g"), os.path.join(self.dir, "c")
        os.makedirs(self.gnupg, 0o700)
        os.chmod(self.dir, 0o700)
        self.env = dict(os.environ, GNUPGHOME=self.gnupg, CONFAB_HOME=self.home, HOME=self.dir,
                        XDG_RUNTIME_DIR=self.dir)
        self.gpg("--quick-gen-key", f"{name} <{name}@test.invalid>", "ed25519", "cert,sign", "never")
        listing = self.gpg("--with-colons", "-K")
        self.fpr = [line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr")][0]
        self.gpg("--quick-add-key", self.fpr, "cv25519", "encr", "never")
        self.daemon = None
        self.opens = []  # when it asked

    def gpg(self, *args):
        return subprocess.run(["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", *args], env=self.env, check=True,
                              capture_output=True, text=True).stdout

    def start(self):
        """confabd, until it answers on its socket; seconds from exec to ready."""
        begun = time.perf_counter()
        self.daemon = subprocess.Popen([*self.at, os.path.join(BUILD, "confabd"), "--home", self.home, "--foreground",
                                        "--listen", self.listen], env=self.env,
                                       stderr=open(os.path.join(self.dir, "log"), "ab"))
        while True:
            paths = glob.glob(os.path.join(self.dir, "confab", "**", "S.confab"), recursive=True)
            try:
                client = Client(paths[0]) if paths else None
            except OSError:
                client = None
            if client:
                break
            if self.daemon.poll() is not None:
                raise SystemExit(f"{self.name}: the daemon ended; see {self.dir}/log")
            time.sleep(0.001)
        if os.path.exists(os.path.join(self.home, "identity.json")):
            client.call("UNLOCK")
        self.path = paths[0]
        self.client = client
        return time.perf_counter() - begun

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
        for home in (self.gnupg, os.path.join(self.home, "gnupg")):
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], env=self.env, capture_output=True,
                           check=False)


def bare(rounds, size=200):
    out = subprocess.run([os.path.join(BUILD, "tests/bench/bare_gpg"), str(rounds), str(size)], check=True,
                         capture_output=True, text=True).stdout
    return json.loads(out)


def sync_times(base, count):
    """Milliseconds for a page to be written to this disk and synced, COUNT times: an opening waits for a dozen."""
    times = []
    with open(os.path.join(base, "sync"), "wb", buffering=0) as f:
        for _ in range(count):
            begun = time.perf_counter()
            f.write(b"x" * 4096)
            os.fdatasync(f.fileno())
            times.append((time.perf_counter() - begun) * 1000)
    return times


def ms(seconds):
    return statistics.median(seconds) * 1000


def sees(person, fpr):
    """Seconds until a PEERS --watch of PERSON shows FPR."""
    client = Client(person.path)
    client.send("PEERS --watch")
    for row in client.rows():
        if row.get("fingerprint") == fpr:
            client.sock.close()
            return time.perf_counter()
    return None


def measure_start_and_peer(a, b, rounds):
    starts, shown = [], []
    for _ in range(rounds):
        starts.append(b.start())
        ready = time.perf_counter()
        # A has forgotten nothing: what counts is B, whose list begins empty, and A's view of B's new port.
        shown.append(max(0, sees(b, a.fpr) - ready))
        b.stop()
    return starts, shown


def open_once(a, b, password, typing):
    """Seconds from the second password to open on both sides, TYPING seconds after the request was shown; the id."""
    asking, waiting, watch = Client(a.path), Client(b.path), Client(b.path)
    watch.send("REQUESTS --watch")
    asking.send(f"OPEN -- {b.fpr}")
    asking.wait_inquiry()
    asking.tell(password)
    request = next(watch.rows())["request"]
    waiting.send(f"ACCEPT -- {request}")
    waiting.wait_inquiry()
    time.sleep(typing)
    begun = time.perf_counter()
    waiting.tell(password)
    accepted = next(waiting.rows())["conversation"]
    conv = next(asking.rows())["conversation"]
    took = time.perf_counter() - begun
    assert accepted == conv
    for client in (asking, waiting, watch):
        client.sock.close()
    return took, conv


def meet(a, b):
    """Both run, with identities, and see each other."""
    for person in (a, b):
        person.start()
        person.client.call(f"INIT --identity={person.fpr}")
    sees(a, b.fpr)
    sees(b, a.fpr)


def measure_open(a, b, rounds, typing=0):
    """More than OPENS openings a minute are a flood, and not shown."""
    times, conv = [], None
    for i in range(rounds):
        now = time.monotonic()
        if len(a.opens) >= OPENS and now - a.opens[-OPENS] < OPENS_SECONDS:
            time.sleep(OPENS_SECONDS - (now - a.opens[-OPENS]))
        a.opens.append(time.monotonic())
        took, conv = open_once(a, b, f"password {i}", typing)
        times.append(took)
    return times, conv


def measure_message(a, conv, rounds):
    times = []
    for i in range(rounds):
        begun = time.perf_counter()
        rows = a.client.call(f"SEND --wait=delivered -- {conv}", f"message number {i}, of an ordinary length")
        times.append(time.perf_counter() - begun)
        assert rows[-1]["state"] == "delivered"
    return times


def report(what, value, baseline, baseline_what, goal):
    print(f"{what:34s} {value:8.1f} ms   {value / baseline:5.2f} x {baseline_what} ({baseline:.1f} ms)   goal {goal}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    base = tempfile.mkdtemp(prefix="cf-bench-", dir="/tmp")
    a, b = Person(base, "alice"), Person(base, "bob")
    try:
        before, syncs = bare(rounds), sync_times(base, 50)
        for person in (a, b):
            person.start()
            person.client.call(f"INIT --identity={person.fpr}")
        b.stop()
        starts, shown = measure_start_and_peer(a, b, max(5, rounds // 3))
        b.start()
        sees(a, b.fpr)
        sees(b, a.fpr)
        typed, conv = measure_open(a, b, max(5, rounds // 3), TYPING)
        opens, conv = measure_open(a, b, max(5, rounds // 3), 0)
        messages = measure_message(a, conv, rounds)
        after, syncs = bare(rounds), sorted(syncs + sync_times(base, 50))
        op = {k: (before[k] + after[k]) / 2 for k in before}
        report("P3 message, typed to delivered", ms(messages), op["sign_encrypt"] + op["decrypt_verify"],
               "sign+encrypt, decrypt+verify", "1.30 x")
        needed = op["decrypt"] + op["verify"]
        start = ms(starts)
        print(f"{'P6 daemon start to ready':34s} {start:8.1f} ms   {start - needed:5.1f} ms beyond decrypt, verify "
              f"({needed:.1f} ms)   goal 150 ms")
        print(f"{'P7 peer shown after ready':34s} {ms(shown):8.1f} ms   goal 300 ms")
        bare_open = op["make_key"] + 2 * op["sign"] + 2 * op["verify"]
        report("P8 second password to open", ms(typed), bare_open, "make key, 2 sign, 2 verify", "1.50 x")
        report("   typed in no time (a script)", ms(opens), bare_open, "the same", "none")
        print("bare:", json.dumps(op))
        print(f"a sync of this disk: {statistics.median(syncs):.2f} ms, the slowest of {len(syncs)} {syncs[-1]:.1f} ms")
    finally:
        a.stop()
        b.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
