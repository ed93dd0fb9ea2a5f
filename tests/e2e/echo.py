# SPDX-License-Identifier: GPL-3.0-or-later
"""echo.py - "confab demo": somebody to try everything with, who leaves nothing behind however it ends.

One person whose daemon stays on loopback, on a discovery port of its own; no
virtual hosts.  Prints TAP.
"""
import json
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("CF_SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."), "tests/lab"))
import scratch

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
WAIT = float(os.environ.get("CF_E2E_WAIT", "30"))
PORT = 20000 + os.getpid() % 20000


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


class User:
    def __init__(self, where):
        self.dir, self.demos = where, os.path.join(where, "t")
        for sub in ("g", "c", "r", "t"):
            os.makedirs(os.path.join(where, sub), 0o700)
        with open(os.path.join(where, "c/confabd.conf"), "w", encoding="ascii") as conf:
            conf.write(f"listen 127.0.0.1:0\ndiscovery-port {PORT}\n")
        self.env = dict(os.environ, HOME=where, GNUPGHOME=where + "/g", CONFAB_HOME=where + "/c",
                        XDG_RUNTIME_DIR=where + "/r", PATH=BUILD + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
        for variable in ("DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"):
            self.env.pop(variable, None)
        self.run("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key",
                 "ann <ann@x.invalid>", "future-default", "default", "never")
        fpr = self.rows("identities")[0]["fingerprint"]
        self.rows("init", "--identity", fpr)

    def run(self, *argv, password=None):
        read_fd = None
        if password:
            read_fd, write_fd = os.pipe()
            os.write(write_fd, password.encode() + b"\n")
            os.close(write_fd)
            argv += ("--password-fd", str(read_fd))
        try:
            return subprocess.run(argv, env=self.env, capture_output=True, check=False, timeout=60, text=True,
                                  stdin=subprocess.DEVNULL, pass_fds=[] if read_fd is None else [read_fd])
        finally:
            if read_fd is not None:
                os.close(read_fd)

    def rows(self, *args, password=None):
        done = self.run("confab", "--json", *args, password=password)
        check(done.returncode == 0, f"confab {args}: {done.returncode} {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def close(self):
        self.run("confab", "stop")
        for home in ("/g", "/c/gnupg"):
            if os.path.isdir(self.dir + home):
                self.run("gpgconf", "--homedir", self.dir + home, "--kill", "all")


class Lines:
    """A program's lines as rows, awaited."""

    def __init__(self, env, *args, **more):
        self.proc = subprocess.Popen(["confab", "--json", *args], env=env, stdout=subprocess.PIPE, text=True, **more)
        self.rows, self.more = [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.proc.stdout:
            with self.more:
                self.rows.append(json.loads(line))
                self.more.notify()

    def until(self, what, matches):
        with self.more:
            if not self.more.wait_for(lambda: any(matches(row) for row in self.rows), WAIT):
                raise Failed(f"{what}; came: {self.rows[-5:]}")
            return next(row for row in self.rows if matches(row))


def begin(user, *args, **more):
    """A demo that is ready, in a place of its own: (its lines, its row)."""
    env = dict(user.env, TMPDIR=user.demos)
    del env["XDG_RUNTIME_DIR"]
    demo = Lines(env, "demo", *args, **{"stdin": subprocess.DEVNULL, **more})
    return demo, demo.until("the demo is ready", lambda row: row["state"] == "ready")


def gone(user):
    """Files and processes of demos."""
    deadline = time.monotonic() + WAIT
    while True:
        left = os.listdir(user.demos)
        running = subprocess.run(["pgrep", "-af", user.demos], capture_output=True, text=True, check=False).stdout
        if not left and not running:
            return
        check(time.monotonic() < deadline, f"it leaves {left} {running}")
        os.sched_yield()


def talks(user):
    """Whose daemon is on loopback sees Echo near, opens with the password that is told, and is answered"""
    demo, ready = begin(user)
    watch = Lines(user.env, "peers", "--watch")
    peer = watch.until("Echo is near", lambda row: row["fingerprint"] == ready["fingerprint"])
    check(peer["user_id"] == "Echo (demo) <echo@demo.invalid>", f"{peer}")
    watch.proc.terminate()
    watch.proc.wait()
    conv = user.rows("open", ready["fingerprint"], password=ready["password"])[0]["conversation"]
    events = Lines(user.env, "events", "--since", "0")

    def answer(text, **fields):
        return events.until(f"answer {text}", lambda row: row["event"] == "message" and row["direction"] == "in"
                            and text in row["text"] and all(row.get(k) == v for k, v in fields.items()))

    greeting = answer("I am Echo")
    user.rows("send", conv, "peekaboo")
    answer("peekaboo")
    sent = user.rows("send", conv, "one more", "--reply-to", greeting["message"])[0]["message"]
    answer("one more", reply_to=sent)
    user.rows("send", conv, "help")
    answer("Try this")
    events.until("it types", lambda row: row["event"] == "typing")
    wish = user.rows("send", conv, "react")[0]["message"]
    events.until("a reaction", lambda row: row["event"] == "message_changed" and row["message"] == wish
                 and row["reactions"])
    user.rows("send", conv, "edit")
    events.until("a correction", lambda row: row["event"] == "message_changed" and row["edited"]
                 and row["text"] == "This is right.")
    user.rows("send", conv, "delete")
    events.until("it thinks better of it", lambda row: row["event"] == "message_changed" and row["deleted"])
    user.rows("send", conv, "many")
    answer("10 of 10")
    user.rows("verify", conv, password=ready["password"])
    demo.proc.send_signal(signal.SIGINT)
    check(demo.proc.wait(WAIT) == 0, "Ctrl-C is a good end")
    check(not os.listdir(user.demos), "nothing is left when it has ended")
    gone(user)
    events.until("it has said goodbye", lambda row: row["event"] == "conversation" and row["state"] == "closed")
    events.proc.terminate()
    events.proc.wait()


def is_killed(user):
    """Killed, it leaves nothing behind"""
    demo, _ = begin(user)
    check(len(os.listdir(user.demos)) == 1, "its files are where they may be")
    demo.proc.kill()
    demo.proc.wait()
    gone(user)


def loses_its_parent(user):
    """It ends when the other end of its standard input does"""
    demo, _ = begin(user, stdin=subprocess.PIPE)
    demo.proc.stdin.close()
    check(demo.proc.wait(WAIT) == 0, "a good end")
    gone(user)


def has_a_limit(user):
    """It ends by itself after the time given"""
    demo, _ = begin(user, "--for", "1s")
    check(demo.proc.wait(WAIT) == 0, "a good end")
    gone(user)


def main():
    where, failed = scratch.make(), False
    steps = (talks, is_killed, loses_its_parent, has_a_limit)
    print(f"1..{len(steps)}")
    user = None
    try:
        user = User(where)
        for number, step in enumerate(steps, 1):
            try:
                step(user)
                print(f"ok {number} - {step.__doc__}", flush=True)
            except Failed as why:
                failed = True
                print(f"# {why}\nnot ok {number} - {step.__doc__}", flush=True)
    finally:
        if user:
            user.close()
        scratch.remove(where)
    sys.exit(failed)


main()
