# SPDX-License-Identifier: GPL-3.0-or-later
"""tui.py - two people at the terminal client: from the first start to keys that change.

Each has a terminal (tests/lab/tui.py); a step is keys, and what is to be on the
screen then, with a deadline.  Loopback only, on a discovery port of their own.
Prints TAP; the steps build on one another.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("CF_SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."), "tests/lab"))
import scratch
from tui import Failed, Terminals, WAIT, missing  # noqa: E402

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
PORT = 20000 + os.getpid() % 20000
MANY = 10000


class Person:
    def __init__(self, terminals, where, name, passphrase=""):
        self.terminals, self.name, self.dir = terminals, name, os.path.join(where, name)
        for sub in ("g", "c", "r"):
            os.makedirs(os.path.join(self.dir, sub), 0o700)
        with open(os.path.join(self.dir, "c/confabd.conf"), "w", encoding="ascii") as conf:
            conf.write(f"listen 127.0.0.1:0\ndiscovery-port {PORT}\n")
        self.env = dict(HOME=self.dir, GNUPGHOME=self.dir + "/g", CONFAB_HOME=self.dir + "/c",
                        XDG_RUNTIME_DIR=self.dir + "/r", PATH=BUILD + ":/usr/bin:/bin:/usr/sbin:/sbin", LC_ALL="C.UTF-8")
        for variable in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
            if variable in os.environ:
                self.env[variable] = os.environ[variable]
        self.screen = None
        self.run("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase,
                 "--quick-gen-key", f"{name} <{name}@x.invalid>", "future-default", "default", "never")

    def run(self, *argv, data=None):
        return subprocess.run(argv, env=self.env, capture_output=True, check=False, timeout=2 * WAIT, input=data)

    def confab(self, *argv, data=None):
        done = self.run("confab", *argv, data=data)
        if done.returncode:
            raise Failed(f"confab {' '.join(argv)}: {done.stderr.decode()}")
        return done.stdout.decode()

    def fingerprint(self):
        rows = self.run("gpg", "--batch", "--with-colons", "-K").stdout.decode().splitlines()
        return next(row.split(":")[9] for row in rows if row.startswith("fpr"))

    def begin(self, **how):
        extra = how.pop("env", {})
        self.screen = self.terminals.open(how.pop("argv", ["confab"]), dict(self.env, **extra), **how)
        return self.screen

    def leave(self):
        self.screen.key("C-u")
        self.screen.enter("/quit")
        code = self.screen.ended()
        if code:
            raise Failed(f"{self.name}: exit code {code}")

    def daemon(self):
        return int(self.run("pgrep", "-f", f"confabd .*{self.dir}/c").stdout.split()[0])

    def close(self):
        if self.screen:
            self.screen.close()
        self.run("confab", "stop")
        for home in ("/g", "/c/gnupg"):
            if os.path.isdir(self.dir + home):
                self.run("gpgconf", "--homedir", self.dir + home, "--kill", "all")


def escape(screen):
    """A lone Escape: nothing may follow it at once, or it would be Alt."""
    before = screen.screen()
    screen.key("Escape")
    deadline = time.monotonic() + WAIT
    while screen.screen() == before:
        if time.monotonic() > deadline:
            raise Failed("Escape changes nothing:\n" + before)
        time.sleep(0.03)


def first_run(a, b):
    """A first start lists the keys, and takes the one that is chosen"""
    for person in (a, b):
        screen = person.begin()
        screen.until("Welcome to Confab", f"1  {person.name} <", "Which key is to be your identity")
        screen.enter("7")
        screen.until("Type a number from 1 to 1")
        screen.enter("1")
        screen.until(f"You are {person.name} <{person.name}@x.invalid>", "visible to everyone")


def nearby(a, b):
    """Who is near stands in the list, and /peers tells more"""
    a.screen.until("^Nearby", "^ +bob ")
    b.screen.until("^ +alice ")
    a.screen.enter("/peers")
    a.screen.until("bob <bob@x.invalid>", "fingerprint +[0-9A-F]{4} ", "To talk with somebody")
    escape(a.screen)
    a.screen.without("To talk with somebody")


def password(screen, text):
    screen.until("Password that you have agreed on with")
    screen.type(text)
    screen.until(f"^> {'•' * len(text)}$")
    if text in screen.screen():
        raise Failed("a password is shown")
    screen.key("Enter")


def wrong_password(a, b):
    """A wrong password is told on both sides, without blame"""
    a.screen.enter("/open")
    a.screen.until("PEER is missing. It goes like this: /open PEER")
    a.screen.type("/op")
    a.screen.key("Tab")
    a.screen.until("^> /open$")
    a.screen.type("b")
    a.screen.key("Tab")
    a.screen.until("^> /open bob$")
    a.screen.enter("Lunch?")
    password(a.screen, "sesame")
    b.screen.until("^Requests", 'alice asks for a conversation: "Lunch\\?"', "/accept answers")
    b.screen.enter("/accept")
    password(b.screen, "mustard")
    for person in (a, b):
        person.screen.until("The two passwords were not the same")


def open_by_password(a, b):
    """The same password opens; a prompt can be left"""
    a.screen.enter("/open bob")
    a.screen.until("Password that you have agreed on with bob <bob@x.invalid>")
    a.screen.type("ses")
    escape(a.screen)
    a.screen.until("No password was given")
    a.screen.enter("/open bob")
    password(a.screen, "sesame")
    b.screen.until("^ +alice +!")
    b.screen.enter("/accept")
    password(b.screen, "sesame")
    for person in (a, b):
        person.screen.until("both passwords were the same", "^ (bob|alice)  Verified by password")


def talking(a, b):
    """Lines are messages, both ways; // sends a slash; a paste of lines is one message, sent by Enter alone"""
    a.screen.enter("hello bob")
    b.screen.until("alice │ hello bob")
    a.screen.until("you │ hello bob +\\(Read\\)")
    b.screen.enter("//me waves 👍🏽")
    a.screen.until("bob │ /me waves 👍")
    b.screen.paste("first\nsecond\nthird")
    b.screen.until("^> first$", "^  second$", "^  third$")
    if "first" in a.screen.screen():
        raise Failed("a paste was sent by itself")
    b.screen.key("Enter")
    a.screen.until("│ first$", "│ second$", "│ third$")
    a.screen.type("thinking")
    b.screen.until("alice is typing")
    a.screen.key("C-u")


def answers(a, b):
    """A message is chosen by moving up or by its number, and answered"""
    a.screen.key("C-Up")
    a.screen.until("r reply  e edit")
    a.screen.key("r")
    a.screen.until("^Answer to bob: first second third")
    a.screen.enter("all of it")
    b.screen.until("│ you: first second third", "│ all of it")
    b.screen.type("/reply ")
    b.screen.until("^[ │A-Za-z0-9!]* 1 +alice │|^.* 1 +alice │")
    b.screen.enter("1 indeed")
    a.screen.until("│ you: all of it", "│ indeed")
    a.screen.enter("/details 1")
    a.screen.until("signature +valid", "signed by +[0-9A-F]{4} ")
    escape(a.screen)


def has_verb(person, verb):
    return verb in person.confab("help")


def changes(a, b):
    """A message is changed, gets an emoji, and is taken back"""
    if not has_verb(a, "delete-message"):
        return "the daemon has no such commands"
    a.screen.enter("a mistaek")
    b.screen.until("│ a mistaek")
    a.screen.enter("/edit")
    a.screen.until("^Change: a mistaek", "^> a mistaek")
    for _ in range(2):
        a.screen.key("BSpace")
    a.screen.enter("ke")
    b.screen.until("│ a mistake +\\(edited\\)")
    b.screen.enter("/react 🎉")
    a.screen.until("🎉 bob")
    a.screen.enter("/delete")
    a.screen.until("Take this message back, on both sides\\? y/n")
    a.screen.key("y")
    b.screen.without("│ a mistake")
    return None


def files(a, b):
    """A file is offered with its path completed, taken, shown with where it is; one is refused; all are listed"""
    with open(os.path.join(a.dir, "report of may.txt"), "wb") as f:
        f.write(b"x" * 3_200_000)
    a.screen.type("/send-file ~/rep")
    a.screen.key("Tab")
    a.screen.until('^> /send-file "~/report of may.txt"')
    a.screen.key("Enter")
    b.screen.until("│ report of may.txt", "│ Offered · 3.2 MB", "│ /accept-file takes it, /refuse-file does not")
    a.screen.until("│ report of may.txt", "│ Waiting for their answer · 3.2 MB")
    b.screen.enter("/accept-file")
    b.screen.until("│ Done · 3.2 MB", "report of may.txt$")
    a.screen.until("│ Done · 3.2 MB")
    with open(os.path.join(b.dir, "Downloads/report of may.txt"), "rb") as f:
        if f.read() != b"x" * 3_200_000:
            raise Failed("what came is not what was sent")
    a.screen.enter('/send-file "~/report of may.txt"')
    b.screen.until("│ Offered · 3.2 MB")
    b.screen.enter("/refuse-file")
    a.screen.until("refused")
    b.screen.enter("/resume")
    b.screen.until("There is no file here for which that makes sense now")
    b.screen.enter("/transfers")
    b.screen.until("─ Files ─", "1  report of may.txt, from alice", "2  report of may.txt, from alice: Done")
    b.screen.key("C-u")
    escape(b.screen)
    b.screen.until("│ report of may.txt")


def searching(a, b):
    """What was said is found, and gone to"""
    a.screen.enter("/search hello")
    a.screen.until('Messages with "hello"', "1 .*you: hello bob", "type its number")
    a.screen.enter("1")
    a.screen.until("you │ hello bob", "r reply  e edit")
    escape(a.screen)


def attacks(a, b):
    """What would speak to the terminal does not reach it; wide and odd signs leave the lines straight"""
    b.confab("send", "alice", "--wait", "delivered", "-", data="x\033]0;owned\007\033[2J\033[31m\u202ey\rz\bq".encode())
    a.screen.until("│ x")
    screen = a.screen.screen(colours=True)
    if "owned" in a.screen.t.run("display-message", "-p", "-t", a.screen.name, "#{pane_title}"):
        raise Failed("the title of the terminal was set")
    if "\u202e" in screen or "\033[31m" in screen:
        raise Failed("a colour or a direction came from the peer:\n" + screen)
    b.confab("send", "alice", "--wait", "delivered", "👨‍👩‍👧‍👦 שלום 你好 e\u0301 ❤️ end")
    screen = a.screen.until("👨 ?👩 ?👧 ?👦.*end")
    if not re.search("^ [0-9 ]1 Confab|^ 1 Confab", screen, re.M):
        raise Failed("the screen is torn:\n" + screen)


def another_window(a, b):
    """What comes while another window is looked at is counted there; Alt+A goes to it, Escape and a digit too"""
    a.screen.key("M-1")
    a.screen.until("^ Confab  Events")
    b.screen.enter("are you there?")
    a.screen.until("^ [0-9] bob +1│", "unread: [0-9] bob \\(1\\)")
    a.screen.key("M-a")
    a.screen.until("are you there", "──── unread ────")
    a.screen.without("unread: [0-9]")
    a.screen.key("Escape")
    a.screen.key("1")
    a.screen.until("^ Confab  Events")
    a.screen.key("C-n")
    a.screen.until("^ bob  Verified")
    a.screen.key("M-l")
    a.screen.without("^Conversations")
    a.screen.key("M-l")
    a.screen.until("^Conversations")


def drafts(a, b):
    """What is typed and not sent is there again at the next start"""
    a.screen.type("not yet sent")
    a.screen.until("^> not yet sent")
    a.screen.key("M-1")
    a.screen.until("^ Confab  Events")
    a.screen.enter("/quit")
    if a.screen.ended():
        raise Failed("the exit code is not 0")
    a.begin().until("^ [0-9] bob", "You are alice")
    a.screen.key("C-n")
    a.screen.until("^> not yet sent")
    a.screen.key("C-u")
    a.screen.without("not yet sent")
    a.screen.key("M-1")
    deadline = time.monotonic() + WAIT
    while "not yet sent" in a.confab("--json", "conversations"):  # that it was taken back is kept, too
        if time.monotonic() > deadline:
            raise Failed("the draft is still kept")
        time.sleep(0.03)


def daemon_killed(a, b):
    """The daemon is killed; it is told, it comes back, nothing is lost"""
    os.kill(a.daemon(), signal.SIGKILL)
    a.screen.key("M-1")
    a.screen.until("The daemon has ended", "Connected again")
    a.screen.key("C-n")
    a.screen.enter("still here")
    b.screen.until("│ still here")


def mouse(a, b):
    """The wheel scrolls and clicks choose, once /mouse says so"""
    def act(button, col, row):  # as a terminal tells it: a press, and that it is over
        for code in (button, 3):
            a.screen.type("\033[M" + chr(32 + code) + chr(33 + col) + chr(33 + row))
    a.screen.enter("/mouse")
    a.screen.until("The mouse scrolls and clicks")
    a.screen.enter("/help")
    a.screen.until("─ Help ─", "A line that you type")
    act(65, 40, 10)
    a.screen.without("A line that you type")
    row = next(n for n, line in enumerate(a.screen.screen().splitlines()) if line.startswith(" 1 Confab"))
    act(0, 5, row)
    a.screen.until("^ Confab  Events")
    row = next(n for n, line in enumerate(a.screen.screen().splitlines()) if re.match(" [2-9] bob", line))
    act(0, 5, row)
    a.screen.until("^ bob  Verified")
    a.screen.enter("/mouse off")
    a.screen.until("The mouse is the terminal's")


def resizing(a, b):
    """Any size will do, down to what holds an input line"""
    a.screen.resize(40, 12)
    a.screen.until("^still here", "^you|^bob")
    a.screen.without("^Conversations")
    a.screen.resize(20, 5)
    a.screen.until("^ bob", "^>")
    a.screen.type("narrow words that go on")
    a.screen.until("go on")
    a.screen.resize(3, 2)
    a.screen.until("^>?")
    a.screen.key("C-u")
    a.screen.resize(130, 40)
    a.screen.until("^Conversations", "│ still here")
    a.screen.resize(80, 24)
    a.screen.until("│ still here", "^> *$")


def long_history(a, b):
    """Ten thousand messages are scrolled through both ways, and any of them is gone to"""
    b.leave()
    b.run("confab", "stop")
    for begin in range(0, MANY, 4000):
        lines = "".join(f"line {n:05}\n" for n in range(begin, min(begin + 4000, MANY)))
        a.confab("send", "bob", "--lines", "--wait", "queued", data=lines.encode())
    a.screen.until(f"line {MANY - 1:05}")
    seen = set()
    for _ in range(60):
        a.screen.key("PPage")
    deadline = time.monotonic() + WAIT
    while not seen or min(seen) > MANY - 800:
        if time.monotonic() > deadline:
            raise Failed(f"after 60 pages only {min(seen)} is reached")
        a.screen.key("PPage")
        seen |= {int(n) for n in re.findall(r"line (\d{5})", a.screen.screen())}
    on_screen = [int(n) for n in re.findall(r"line (\d{5})", a.screen.screen())]
    if on_screen != list(range(on_screen[0], on_screen[0] + len(on_screen))):
        raise Failed(f"out of order: {on_screen}")
    a.screen.enter("/search 00042")
    a.screen.until("1 .*line 00042")
    a.screen.enter("1")
    a.screen.until("line 00041", "line 00042", "line 00043")
    escape(a.screen)
    for _ in range(20):
        a.screen.key("NPage")
    a.screen.until("line 00[2-9]")
    a.screen.key("End")
    a.screen.until(f"line {MANY - 1:05}")


def wait_turns(person, count):
    """Until the client has waited COUNT times more: it looks now and then whether the terminal is its own again."""
    def turns():
        with open(f"/proc/{person.screen.pid()}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches"))
    begun, deadline = turns(), time.monotonic() + WAIT
    while turns() < begun + count:
        if time.monotonic() > deadline:
            raise Failed("it does not look after the terminal")
        time.sleep(0.03)


def taken_terminal(a, b):
    """While another program has the terminal, as pinentry does, nothing is read and nothing drawn"""
    tty = a.screen.t.run("display-message", "-p", "-t", a.screen.name, "#{pane_tty}").strip()
    stty = ["stty", "-F", tty]
    before = subprocess.run([*stty, "-g"], capture_output=True, check=True).stdout.decode().strip()
    subprocess.run([*stty, "sane"], check=True)
    with open(tty, "rb", buffering=0) as other:
        a.screen.enter("pass phrase")
        got = b""
        while not got.endswith(b"\n"):
            got += other.read(1)
    a.confab("send", "bob", "--wait", "queued", "meanwhile")
    wait_turns(a, 4)
    if "meanwhile" in a.screen.screen():
        raise Failed("it draws over another program:\n" + a.screen.screen())
    subprocess.run([*stty, before], check=True)
    a.screen.until("│ meanwhile")
    if got != b"pass phrase\n":
        raise Failed(f"the other program read {got!r}")
    a.screen.until("^> *$")
    if "pass phrase" in a.screen.screen():
        raise Failed("what was typed for another program is on the screen:\n" + a.screen.screen())
    a.screen.type("mine again")
    a.screen.until("^> mine again")
    a.screen.key("C-u")


def suspended(a, b):
    """Ctrl+Z and fg; SIGTERM; the terminal is as it was each time"""
    a.leave()
    screen = a.begin(argv=["bash", "--norc", "--noprofile", "-i"], env={"PS1": "shell> "})
    screen.until("^shell>")
    screen.enter("confab")
    screen.until("You are alice")
    if not screen.alternate():
        raise Failed("it is not on the alternate screen")
    screen.key("C-z")
    screen.until("Stopped", "^shell>")
    if screen.alternate():
        raise Failed("the alternate screen was not left")
    screen.enter("fg")
    screen.until("You are alice")
    screen.without("Stopped")
    screen.type("typed before the end")
    screen.until("typed before the end")
    os.kill(int(a.run("pgrep", "-t", screen.t.run("display-message", "-p", "-t", screen.name, "#{pane_tty}").strip()[5:],
                      "-x", "confab").stdout.split()[0]), signal.SIGTERM)
    screen.until("^shell>")
    screen.without("typed before the end")
    screen.enter("stty -a | tr ' ;' '\\n\\n' | grep -x -- '-*icanon\\|-*echo\\|-*isig'")
    screen.until("^isig$", "^icanon$", "^echo$")
    screen.enter("exit")
    screen.ended()
    screen.close()


def no_colour(a, b):
    """Without colour everything is still told, by words and by stress"""
    for how in ({"env": {"NO_COLOR": "1"}}, {"term": "vt100"}):
        screen = a.begin(**how)
        screen.until("You are alice", "^ [0-9] bob")
        screen.key("C-n")
        screen.until("Verified by password", f"line {MANY - 1:05}")
        colours = re.findall(r"\033\[[0-9;]*?(?:3[0-7]|4[0-7]|38;|48;|9[0-7])[0-9;]*m", screen.screen(colours=True))
        if colours:
            raise Failed(f"colours with {how}: {colours}")
        if "\033[7m" not in screen.screen(colours=True):
            raise Failed("no bar stands out")
        a.leave()
        screen.close()


def poor_locale(a, b):
    """A locale without letters says so, and what helps; a small screen holds all of a question"""
    screen = a.begin(env={"LC_ALL": "C"}, cols=40, rows=15)
    screen.until("Your locale has few letters", "LC_ALL=C.UTF-8")
    screen.type("/open gr\u00fcn")
    screen.until("^> /open gr\\?n")
    screen.key("C-u")
    screen.enter("/open bob")
    screen.until("Password that you have agreed on", "Esc does *\n *not\\.|Esc does not\\.")
    escape(screen)
    a.leave()
    screen.close()
    env = {k: v for k, v in a.env.items() if not k.startswith("LC_")}
    screen = a.terminals.open(["confab"], env)  # nothing is said of a locale
    screen.until("^ [0-9] bob", "\u2502")
    screen.enter("/quit")
    screen.ended()
    screen.close()


def simple_terminal(a, b):
    """A terminal that only types gets the console of lines"""
    screen = a.begin(term="dumb")
    screen.until("Commands: open PEER", "^>")
    screen.enter("quit")
    if screen.ended():
        raise Failed("the exit code is not 0")
    screen.close()


def key_change(a, b):
    """A key that is revoked stops the conversation: it is told and stays to be seen, with the remedy"""
    a.begin().until("^ [0-9] bob")
    a.screen.key("C-n")
    with open(f"{b.dir}/g/openpgp-revocs.d/{b.fingerprint()}.rev", encoding="utf-8") as f:
        certificate = f.read().replace("\n:---", "\n---")
    for data in (b.run("gpg", "--batch", "--export", b.fingerprint()).stdout, certificate.encode()):
        a.run("gpg", "--batch", "--import", data=data)
    a.screen.until("^ bob  STOPPED", "revoked")
    a.screen.enter("no")
    a.screen.until("revoked|stopped", "^> no")
    a.screen.key("C-u")
    a.leave()


def german(a, b):
    """In German, what the daemon says is German: notices, steps, errors; and no command of a shell is named"""
    if b"de_DE.utf8" not in a.run("locale", "-a").stdout:
        return "there is no German locale"
    if not os.path.exists(BUILD + "/po/locale/de/LC_MESSAGES/confab.mo"):
        return "there are no translations"
    screen = a.begin(env={"LC_ALL": "de_DE.UTF-8", "CONFAB_LOCALEDIR": BUILD + "/po/locale"}, cols=120)
    screen.until("^ [0-9] bob")
    screen.key("C-n")
    screen.until("Der Schlüssel von bob .* wurde widerrufen", "Glaube nichts, was damit kommt")
    screen.enter("/status")
    screen.until("Leute in der Nähe", "Dieses Gerät ist von deinem Schlüssel beglaubigt", "Dieser Computer ist in keinem lokalen Netz")
    escape(screen)
    screen.enter("/visibility nobody 9999d")
    screen.until("„9999d“ ist keine Dauer von höchstens [0-9]+ Tagen")
    if "confab " in screen.screen():
        raise Failed("a command of a shell:\n" + screen.screen())
    screen.key("C-u")
    a.leave()
    return None


def deleting(a, b):
    """Deleting a conversation asks first"""
    a.begin().until("^ [0-9] bob")
    a.screen.key("C-n")
    a.screen.until("^ bob  STOPPED")
    a.screen.enter("/delete-conversation")
    a.screen.until("Delete the conversation with bob", "y/n")
    a.screen.key("n")
    a.screen.without("y/n")
    a.screen.until("^ bob  STOPPED")
    a.screen.enter("/delete-conversation")
    a.screen.until("y/n")
    a.screen.key("y")
    a.screen.until("^ Confab  Events")
    a.screen.without("^ [0-9] bob")
    a.leave()


def revoking(a, b):
    """Device keys are voided by a word that is typed, after it was told what that means"""
    before = a.confab("address").split()
    a.begin().until("You are alice|visible to everyone")
    a.screen.enter("/revoke-devices")
    a.screen.until("taken for nobody", "This cannot be taken back", "Type revoke to void them")
    a.screen.enter("yes")
    a.screen.until("Nothing was revoked")
    if a.confab("address").split() != before:
        raise Failed("another word is enough")
    a.screen.enter("/revoke-devices")
    a.screen.until("Type revoke to void them")
    a.screen.enter("revoke")
    a.screen.until("The device keys up to now are void")
    if a.confab("address").split() == before:
        raise Failed("the address is the old one")
    a.leave()


def end_pinentry(person, program):
    """One whose terminal went away would use a processor for ever: it is known by the home in its environment."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as environ:
                mine = f"GNUPGHOME={person.dir}/g".encode() in environ.read().split(b"\0")
            if mine and os.path.realpath(f"/proc/{pid}/exe") == os.path.realpath(program):
                os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass  # it has ended, or is another user's


def pinentry(a, b):
    """pinentry asks for the passphrase of the key in the same terminal, and the client is back afterwards"""
    program = shutil.which("pinentry-curses")
    if not program:
        return "there is no pinentry-curses here"
    c = Person(a.terminals, os.path.dirname(a.dir), "carol", "opensesame")
    try:
        with open(c.dir + "/g/gpg-agent.conf", "w", encoding="ascii") as conf:
            conf.write(f"pinentry-program {program}\n")
        c.run("gpgconf", "--homedir", c.dir + "/g", "--kill", "all")
        screen = c.begin()
        screen.until("Which key is to be your identity")
        screen.enter("1")
        shown = screen.until("Passphrase: _{20}")
        while "You are carol" not in shown:  # it may be asked for more than one operation
            screen.type("opensesame")
            screen.until(r"Passphrase: \*{10}")
            screen.key("Enter")
            shown = screen.until("You are carol|Passphrase: _{20}")
        screen.until("You are carol", "^> *$")
        if "opensesame" in screen.screen():
            raise Failed("the passphrase is on the screen")
        c.leave()
    finally:
        end_pinentry(c, program)
        c.close()
    return None


STEPS = (first_run, nearby, wrong_password, open_by_password, talking, answers, changes, files, searching, attacks, another_window,
         drafts, daemon_killed, mouse, resizing, long_history, taken_terminal, suspended, no_colour, poor_locale, simple_terminal,
         key_change,
         german, deleting, revoking, pinentry)


def main():
    if missing():
        print(f"1..0 # SKIP {missing()}")
        return 0
    where = scratch.make()
    terminals, people, broken = Terminals(where), [], None
    print(f"1..{len(STEPS)}")
    try:
        people = [Person(terminals, where, name) for name in ("alice", "bob")]
        for number, step in enumerate(STEPS, 1):
            title, begun = step.__doc__, time.monotonic()
            if broken:
                print(f"not ok {number} - {title} (after a failure)")
                continue
            try:
                skipped = step(*people)
                print(f"ok {number} - {title}" + (f" # SKIP {skipped}" if skipped else ""))
                print(f"# {step.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
            except (Failed, OSError, subprocess.SubprocessError) as failure:
                broken = failure
                print(f"not ok {number} - {title}")
                for line in str(failure).splitlines():
                    print(f"# {line}")
                for person in people:
                    for line in (person.screen.screen() if person.screen else "").splitlines():
                        print(f"# {person.name}: {line}")
                sys.stdout.flush()
    finally:
        for person in people:
            person.close()
        terminals.close()
        scratch.remove(where)
    return 1 if broken else 0


sys.exit(main())
