# SPDX-License-Identifier: GPL-3.0-or-later
"""cli_console.py - two people at two terminals: init, open, accept, chat, Ctrl-C and Ctrl-D.

Each has a pseudo-terminal; a step is "type this" or "until this is shown", with
a deadline.  Loopback only, on a discovery port of their own.  Prints TAP.
"""
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.environ.get("CF_SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."), "tests/lab"))
import scratch

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
WAIT = float(os.environ.get("CF_E2E_WAIT", "30"))
PORT = 20000 + os.getpid() % 20000


class Failed(Exception):
    pass


class Person:
    def __init__(self, where, name):
        self.name, self.dir = name, os.path.join(where, name)
        for sub in ("g", "c", "r"):
            os.makedirs(os.path.join(self.dir, sub), 0o700)
        with open(os.path.join(self.dir, "c/confabd.conf"), "w", encoding="ascii") as conf:
            conf.write(f"listen 127.0.0.1:0\ndiscovery-port {PORT}\n")
        self.env = dict(os.environ, HOME=self.dir, GNUPGHOME=self.dir + "/g", CONFAB_HOME=self.dir + "/c",
                        XDG_RUNTIME_DIR=self.dir + "/r", PATH=BUILD + ":" + os.environ["PATH"], TERM="xterm",
                        LC_ALL="C.UTF-8", NO_COLOR="1")
        for variable in ("DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY"):
            self.env.pop(variable, None)
        self.pid = self.fd = None
        self.shown = self.all = self.passed = ""  # passed: what stood before the text that was waited for last
        self.run("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key",
                 f"{name} <{name}@x.invalid>", "future-default", "default", "never")

    def run(self, *argv):
        return subprocess.run(argv, env=self.env, capture_output=True, check=False, timeout=60)

    def fingerprints(self):
        rows = self.run("gpg", "--batch", "--with-colons", "-K").stdout.decode().splitlines()
        return [rows[i + 1].split(":")[9] for i, row in enumerate(rows) if row.startswith("sec:")]

    def begin(self, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("confab", ["confab", *args], self.env)
        os.set_inheritable(self.fd, False)  # else the other person's program holds this terminal open
        self.shown = ""

    def until(self, *texts):
        for text in texts:
            deadline = time.monotonic() + WAIT
            while text not in self.shown:
                ready, _, _ = select.select([self.fd], [], [], max(0, deadline - time.monotonic()))
                data = b""
                if ready:
                    try:
                        data = os.read(self.fd, 4096)
                    except OSError:  # the other end is closed
                        pass
                if not data:
                    raise Failed(f"{self.name}: {text!r} was not shown")
                self.shown += data.decode(errors="replace")
                self.all += data.decode(errors="replace")
            self.passed, self.shown = self.shown.split(text, 1)

    def type(self, text):
        os.write(self.fd, text.encode())

    def password(self, text):
        """Typed once the terminal no longer echoes."""
        self.until("it is not shown)")
        deadline = time.monotonic() + WAIT
        while termios.tcgetattr(self.fd)[3] & termios.ECHO:
            if time.monotonic() > deadline:
                raise Failed("a password would be echoed")
            os.sched_yield()
        self.type(text)

    def ended(self):
        try:
            while True:
                data = os.read(self.fd, 4096)
                if not data:
                    break
                self.all += data.decode(errors="replace")
        except OSError:
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        self.pid = self.fd = None
        return code

    def close(self):
        if self.fd is not None:  # after a failure
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)
            os.close(self.fd)
        self.run("confab", "stop")
        for home in ("/g", "/c/gnupg"):
            if os.path.isdir(self.dir + home):
                self.run("gpgconf", "--homedir", self.dir + home, "--kill", "all")


def first_start(a, b):
    """A first start proposes the only key, and then shows who is near"""
    a.begin("console")
    a.until("Use it as your identity? [Y/n]")
    a.type("y\n")
    a.until("You are alice <alice@x.invalid>", "> ")
    b.begin("console")
    b.until("Use it as your identity? [Y/n]")
    b.type("\n")
    b.until("You are bob")
    a.until("bob <bob@x.invalid> is near", "> ")
    b.until("alice <alice@x.invalid>")


def opening(a, b):
    """A request is shown as it comes, and the same password opens"""
    a.type('open bob --note "lunch?"\n')
    a.password("sesame\n")
    b.until('asks for a conversation: "lunch?". To answer: accept ', "> ")
    b.type("accept alice\n")
    b.password("sesame\n")
    for person in (a, b):
        person.until("Both passwords were the same")
    if "sesame" in a.all + b.all:
        raise Failed("the password was shown")


def chatting(a, b):
    """Lines are messages, /words are commands"""
    a.type("chat bob\n")
    a.until("verified by password, open, LAN", "A line is a message")
    a.type("hello bob\n")
    b.until("alice: hello bob")
    b.type("chat alice\n")
    b.until("A line is a message", "alice: hello bob")
    b.type("it's \"me\"\n")
    a.until("bob: it's \"me\"")
    a.type("/history\n")
    a.until("you: hello bob (read)")
    b.type("//leave is no command\n")
    a.until("bob: /leave is no command")
    a.type("/nonsense\n")
    a.until('There is no command "nonsense"')
    if a.all.count("hello bob") != 2:
        raise Failed("what was typed is shown once by the terminal, once by history")


def typing(a, b):
    """On a terminal that can do nothing, a line that comes in leaves alone what is being typed"""
    b.type("/quit\n")
    if b.ended():
        raise Failed("quit is no error")
    b.env["TERM"] = "dumb"
    b.all = ""
    b.begin("chat", "alice")
    b.until("A line is a message", "/leave is no command")
    b.type("see you at\tsev\x1b[A\x1bOP")
    b.until("see you at sev")
    a.type("better eight\n")
    b.until("alice: better eight", "see you at sev")
    b.type("en or eight: too early\x17\x17\x7f\x7f ok")  # words, characters
    b.until("en or eight: too early", "\b ok")
    b.type("\x03")  # all of it; the program goes on
    b.until("\n")
    b.type("half\x15fine, caf\u00e9\u4e2d\x7f\n")
    a.until("bob: fine, caf\u00e9\r")
    a.type("one \x0c")  # shown once more
    a.until("one", "one")
    a.type("and two\n")
    b.until("alice: one and two")
    if "\x1b" in b.all:
        raise Failed("an escape sequence for a terminal that knows none")


def changing(a, b):
    """Messages are answered, changed, reacted to and taken back by their numbers, and the other side is told in words"""
    b.type("/reply a good answer\n")
    a.until('In answer to you, "one and two":', "bob: a good answer")
    b.type("/edit a better answer\n")
    b.until("(changed)")
    a.until('changed #', '"a good answer", to: a better answer')
    a.type("/react \U0001f44d\n")
    a.until("(reacted)")
    b.until("alice reacts with \U0001f44d to #", '"a better answer"')
    a.type("/react\n")
    b.until("alice takes the reaction to #")
    b.type("/delete\n")
    b.until("Which of your messages is to be taken back was not said")
    b.type("/search better answer\n")
    b.until('"one and two":', "#", " ")
    number = b.passed
    b.until("(edited)")
    b.type(f"/delete #{number}\n")
    b.until("(taken back)")
    a.until("took #", "back")
    b.type("/history 2\n")
    b.until("alice: one and two", "(deleted)")
    b.type("/reply #9999 x\n")
    b.until("No message was shown as #9999")
    b.type("/help\n")
    b.until("/delete #N: ", "//TEXT: ")
    b.type("\x04")
    if b.ended():
        raise Failed("the end of the typing is no error")
    b.begin("console")
    b.until("> ")
    b.type("chat alice\n")
    b.until("A line is a message")


def interrupting(a, b):
    """Ctrl-C ends a prompt or a wait, not the program"""
    a.type("/leave\n")
    a.until("> ")
    a.type("open bob\n")
    a.password("\x03")
    a.until("No password was given", "> ")
    a.type("open bob\n")
    a.password("other\n")
    a.until("Waiting for bob to type the same password. Ctrl-C")
    b.until("asks for a conversation")
    a.type("\x03")
    a.until("Your request stands", "> ")
    a.type("status\n")
    a.until("alice <alice@x.invalid>", "> ")


def the_only_request(a, b):
    """accept and refuse are about the only request that waits; it is said whose, and nothing is guessed"""
    b.type("/accept\n")
    b.until("The request of alice <alice@x.invalid>")
    b.password("\x03")
    b.until("No password was given")
    b.type("/refuse\n")
    b.until("The request of alice <alice@x.invalid>", "is refused")
    for command in ("/accept\n", "/refuse\n"):
        b.type(command)
        b.until("Nobody is waiting for an answer")


def closing(a, b):
    """Closing is seen by the other side; nothing can be sent any more"""
    b.type("/close\n")
    b.until("is closed")
    a.until("is closed by the other side")
    b.type("too late\n")
    b.until("The conversation is closed")


def ending(a, b):
    """The daemon may end and come back; quit and Ctrl-D leave"""
    a.type("stop\n")
    a.until("The daemon has ended", "> ")
    a.type("peers\n")
    a.until("bob <bob", "> ")
    a.type("quit\n")
    b.type("\x04")
    b.until("> ")
    b.type("\x04")
    codes = a.ended(), b.ended()
    if codes != (0, 0):
        raise Failed(f"exit codes {codes}")


def waiting(a, b):
    """A command of one's shell that waits says for what; Ctrl-C ends it as such, and what was asked goes on"""
    a.begin("open", "bob")
    a.password("once more\n")
    a.until("Waiting for bob to type the same password")
    a.type("\x03")
    a.until("Your request stands")
    if a.ended() != -signal.SIGINT:
        raise Failed("a shell would not see the Ctrl-C")
    b.begin("accept", "alice")
    b.password("once more\n")
    b.until("both passwords were the same")
    if b.ended():
        raise Failed("what stands can be answered")
    b.run("confab", "stop")
    a.begin("send", "bob", "are you there?")
    a.until("Waiting for the other side to be there")
    a.type("\x03")
    a.until("The message is kept")
    a.ended()
    a.begin("--json", "--timeout", "2", "send", "bob", "and for a program")
    if a.ended() != 6 or "Waiting" in a.shown:
        raise Failed("a program is told nothing but its object")
    b.begin("chat", "alice")
    b.until("are you there?", "and for a program")
    b.type("/quit\n")
    b.ended()


def unusable(a, _):
    """Who has no key but one that is over is told which, and what helps, before another is offered"""
    carol = Person(os.path.dirname(a.dir), "carol")
    try:
        carol.run("gpg", "--batch", "--quiet", "--yes", "--delete-secret-and-public-key", *carol.fingerprints())
        carol.run("gpg", "--batch", "--quiet", "--faked-system-time", "20250101T000000", "--pinentry-mode", "loopback",
                  "--passphrase", "", "--quick-gen-key", "Carol <c@x.invalid>", "future-default", "default", "2025-02-01")
        carol.begin("init")
        carol.until("Carol <c@x.invalid>", "expired", "No secret key in your keyring can be used",
                    "gpg --quick-set-expire " + carol.fingerprints()[0], "Make a new one? [y/N]")
        carol.type("n\n")
        carol.until("Nothing was made")
        if carol.ended() != 1:
            raise Failed("who declines has made nothing")
    finally:
        carol.close()


def main():
    where = scratch.make()
    steps = (first_start, opening, chatting, typing, changing, interrupting, the_only_request, closing, ending,
             waiting, unusable)
    people, broken = [], None
    print(f"1..{len(steps)}")
    try:
        people = [Person(where, name) for name in ("alice", "bob")]
        for number, step in enumerate(steps, 1):
            title = step.__doc__
            if broken:
                print(f"not ok {number} - {title} (after a failure)")
                continue
            try:
                step(*people)
                print(f"ok {number} - {title}", flush=True)
            except Failed as failure:
                broken = failure
                print(f"# {failure}")
                for person in people:
                    for line in person.all.splitlines():
                        print(f"# {person.name}: {line!r}")
                print(f"not ok {number} - {title}")
    finally:
        for person in people:
            person.close()
        scratch.remove(where)
    sys.exit(1 if broken else 0)


main()
