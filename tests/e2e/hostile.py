# SPDX-License-Identifier: GPL-3.0-or-later
"""The local interface under a client that keeps no rule: the daemon answers or hangs up, and goes on serving others."""
import glob
import os
import random
import socket
import stat
import threading
import time

from lab import Failed, WAIT, check, run_stories


def socket_of(person):
    found = [p for p in glob.glob(os.path.join(person.dir, "confab", "**"), recursive=True)
             if stat.S_ISSOCK(os.stat(p).st_mode)]
    check(len(found) == 1, f"one socket, not {found}")
    return found[0]


class Client:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(WAIT)
        self.sock.connect(path)
        check(self.read_until(b"\n").startswith(b"OK"), "a greeting")

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # it has hung up, as it may

    def read_until(self, end):
        data = b""
        while not data.endswith(end):
            try:
                piece = self.sock.recv(65536)
            except ConnectionError:
                break
            if not piece:
                break
            data += piece
        return data

    def answer(self, line):
        """All lines up to OK or ERR; what came if it hangs up instead."""
        self.send(line + b"\n")
        data = b""
        while True:
            piece = self.read_until(b"\n")
            data += piece
            last = data.rstrip(b"\n").rsplit(b"\n", 1)[-1]
            if not piece or last.startswith((b"OK", b"ERR")):
                return data

    def close(self):
        self.sock.close()


def begin(lab):
    """Somebody whose daemon runs; its number (whoever brought it to the background may not have left yet), its socket."""
    a = lab.person("alice", "h1")
    a.init()
    deadline = time.monotonic() + WAIT
    while True:
        try:
            return a, a.daemon_pid(), socket_of(a)
        except Failed:
            if time.monotonic() > deadline:
                raise
            os.sched_yield()


def still_serves(person, pid):
    check(person.confab("status").row["fingerprint"] == person.fpr, "others are served")
    check(person.daemon_pid() == pid, "by the same process")


LINES = [
    b"", b" ", b"NONSENSE", b"STATUS --nonsense", b"STATUS --", b"STATUS --=", b"STATUS --=x surplus",
    b"OPEN", b"OPEN %", b"OPEN %4", b"OPEN %zz", b"OPEN %00", b"OPEN %ff%fe", b"OPEN " + b"a " * 200, b"OPEN " + b"%41" * 300,
    b"SEND " + b"--wait=delivered " * 50 + b"x", b"SEND --wait=%e2%80%ae x", b"HISTORY --last=99999999999999999999 x",
    b"HISTORY --last=-1 x", b"EVENTS --since=-1", b"EVENTS --since=18446744073709551616 surplus",
    b"CONVERSATIONS " + b"x" * 900, b"ADD confab:" + b"A" * 800, b"ADD --key x", b"ACCEPT 00", b"EXPECT --for=9999999999d x",
    b"DELETE " + b"0" * 32, b"EXPORT " + b"f" * 32 + b" --secret", b"OPTION", b"OPTION =", b"OPTION ttyname=" + b"t" * 900,
    b"GETINFO", b"GETINFO " + b"x" * 900, b"HELP", b"HELP NONSENSE", b"CAN", b"END", b"D data without a question",
    b"status", b"\tSTATUS", b"STATUS\rSTATUS", b"\xff\xfe\xfd", b"#comment",
]


def hostile_lines(lab):
    """Lines of every wrong form are answered, each once, or end that client alone"""
    a, pid, path = begin(lab)
    for line in LINES:
        client = Client(path)
        if line and not line.startswith((b"EVENTS", b"#", b" ")):
            data = client.answer(line)
            check(not data or data.splitlines()[-1].startswith((b"OK", b"ERR")), f"an answer to {line[:40]!r}: {data!r}")
        else:
            client.send(line + b"\n")
        client.close()
    for size in (999, 1000, 1001, 1002, 1003, 4096, 1 << 20):
        client = Client(path)
        client.send(b"A" * size)
        client.send(b"\n")
        client.close()
    client = Client(path)
    client.send(b"STATUS\0STATUS\n" + b"\0" * 500 + b"\n")
    client.close()
    dice = random.Random(1)
    for _ in range(200):
        client = Client(path)
        client.send(bytes(dice.choice(b"STAUOPEND %-=\n\0\r\xff1a") for _ in range(dice.randrange(1, 1500))))
        client.close()
    still_serves(a, pid)


def questions_abused(lab):
    """Answers to a question that are too long, never end, or break off"""
    a, pid, path = begin(lab)
    ask = b"ADD --key\n"
    for answer in (b"END\n", b"CAN\n", b"D x\nCAN\n", b"STATUS\n", b"D %\nEND\n", b"D a%4\r\nEND\n", b"D %%\nEND\n",
                   b"D " + b"x" * 60 + b"%\nEND\n", b"D %00%ff\nEND\n",
                   (b"D " + b"x" * 990 + b"\n") * 2000 + b"END\n", b"D " + b"x" * 5000 + b"\nEND\n"):
        client = Client(path)
        client.send(ask)
        check(b"INQUIRE" in client.read_until(b"\n"), "a question")
        client.send(answer)
        if answer.endswith(b"END\n") or b"CAN" in answer:
            client.read_until(b"\n")
        client.close()
    for broken in (b"", b"D half", b"D whole\n"):
        client = Client(path)
        client.send(ask + broken)
        client.close()
    still_serves(a, pid)


def many_clients(lab):
    """Clients without end, and some that never read, keep nobody else out for longer than they live"""
    a, pid, path = begin(lab)
    held = []
    try:
        for _ in range(300):
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.settimeout(WAIT)
            sock.connect(path)
            sock.sendall(b"EVENTS\n" if len(held) % 2 else b"HELP\n" * 100)
            held.append(sock)
    except OSError:
        pass  # turned away: as it should
    for sock in held:
        sock.close()
    deadline = time.monotonic() + WAIT
    while a.confab("status", code=None).code and time.monotonic() < deadline:
        threading.Event().wait(0.05)
    still_serves(a, pid)


if __name__ == "__main__":
    run_stories(hostile_lines, questions_abused, many_clients)
