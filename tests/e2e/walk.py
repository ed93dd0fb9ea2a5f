# SPDX-License-Identifier: GPL-3.0-or-later
"""walk.py - two newcomers on two hosts type what README's "A first conversation" says, word for word.

The commands are read from README when the test runs.  Each of the two has a
shell on a terminal; what a command asks is answered as a person would.  Who has
no key makes one.  CF_WALK_KEEP=FILE keeps all that was on the two screens.
"""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
import tui  # noqa: E402
from lab import BUILD, NETNS, PINENTRY, SRC, WAIT, Failed, Skipped, check, run_stories  # noqa: E402

PASSWORD = "seven green parrots"
READY = r"\$\s*\Z"  # the shell is


def commands(section):
    """Of README's SECTION: {paragraph before them: its commands}, in order."""
    with open(os.path.join(SRC, "README"), encoding="utf-8") as file:
        body = file.read().split(f"\n{section}\n{'-' * len(section)}\n")[1].split("\n---")[0]
    found, who = {}, ""
    for line in body.splitlines():
        if re.match(r" {4}\S", line):  # those further to the right go on explaining
            found[who].append(re.split(r" {2,}", line.strip())[0])
        elif line and not line.startswith(" "):
            who = line
            found.setdefault(who, [])
    return {who: words for who, words in found.items() if words}


def give_pinentry(person):
    """A pinentry that types a passphrase by itself."""
    script = os.path.join(person.dir, "pinentry")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nCF_PINENTRY_DIR='{person.gnupg}' exec '{PINENTRY}' \"$@\"\n")
    os.chmod(script, 0o700)
    with open(person.gnupg + "/gpg-agent.conf", "w", encoding="utf-8") as file:
        file.write(f"pinentry-program {script}\ns2k-count 65536\n")
    with open(person.gnupg + "/pinentry-answer", "w", encoding="ascii") as file:
        file.write("4 parrots&more\n")


class Newcomer:
    """A shell on a host, in the source tree, as after "./autogen.sh run"."""

    def __init__(self, lab, terminals, name, host, algorithm="ed25519"):
        self.person = lab.person(name, host, algorithm)
        if not algorithm:
            give_pinentry(self.person)
        self.name, self.kept = name, ""
        env = dict(self.person.env, PATH=os.environ["PATH"], LANG="C.UTF-8")
        del env["CONFAB_HOME"]  # as it is by default
        self.person.home = os.path.join(self.person.dir, ".local/share/confab")
        os.makedirs(self.person.dir + "/photos")
        with open(self.person.dir + "/photos/cat.txt", "w", encoding="ascii") as file:
            file.write(f"a cat of {name}\n")
        env["HOME"] = self.person.dir
        self.person.env = dict(env, CONFAB_HOME=self.person.home, PATH=BUILD + ":" + env["PATH"])
        self.screen = terminals.open([NETNS, "exec", host, "env", "PS1=$ ", "bash", "--noprofile", "--norc"], env, cols=80, rows=40)
        self.screen.until(READY)
        os.symlink(BUILD, self.person.dir + "/build")
        self.run(f"cd '{self.person.dir}'")

    def begin(self, line):
        self.screen.key("C-l")
        self.screen.until(r"\A" + READY)
        self.screen.enter(line)

    def end(self):
        """The screen when the shell is ready again, without an error."""
        screen = self.screen.until(r"\n" + READY)
        self.kept += screen.rstrip() + "\n\n"
        check("confab: " not in screen, f"{self.name} reads an error:\n{screen}")
        return screen

    def run(self, line):
        self.begin(line)
        return self.end()

    def until_shown(self, line, *patterns):
        """What takes a moment is asked for again, as one does."""
        deadline = time.monotonic() + WAIT
        while True:
            screen = self.run(line)
            if all(re.search(pattern, screen, re.M) for pattern in patterns):
                return screen
            if time.monotonic() > deadline:
                raise Failed(f"{self.name}: {line} does not show {patterns}:\n{screen}")
            time.sleep(0.2)

    def answer(self, line, question, text):
        self.begin(line)
        self.screen.until(question)
        self.screen.enter(text)

    def close(self):
        if os.environ.get("CF_WALK_KEEP"):
            with open(os.environ["CF_WALK_KEEP"], "a", encoding="utf-8") as file:
                file.write(f"===== {self.name} =====\n{self.kept}{self.screen.screen()}\n")


def init(newcomer, line):
    """With a key, or without."""
    if newcomer.person.fpr:
        newcomer.answer(line, r"Use it as your identity\? \[Y/n\]", "")
    else:
        newcomer.answer(line, "Make a new one", "y")
        newcomer.screen.until("Your name")
        newcomer.screen.enter("Bob Builder")
        newcomer.screen.until("mail")
        newcomer.screen.enter("bob@test.invalid")
    newcomer.end()


def walk(alice, bob):
    both, hers, his, last = [], [], [], []
    for paragraph, words in commands("A first conversation").items():
        if paragraph.startswith("Alice again"):
            last += words
        else:
            (hers if paragraph.startswith("Alice") else his if paragraph.startswith("Bob") else both).extend(words)
    check(len(both) == 3 and hers and his and last, f"README is not laid out as it was: {both} {hers} {his} {last}")
    path, start, peers = both
    for newcomer in (alice, bob):
        newcomer.run(path)
        init(newcomer, start)
    alice.until_shown(peers, "^[Bb]ob")
    bob.until_shown(peers, "^alice")
    alice.answer(hers[0], "it is not shown", PASSWORD)
    requests, accept, send, send_file = his
    bob.until_shown(requests, "SINCE +NOTE$", "^[0-9a-f]{8} +alice <alice@")
    bob.answer(accept, "it is not shown", PASSWORD)
    bob.end()
    alice.end()
    bob.run(send)
    bob.run(send_file)
    history, accept_file, transfers = last
    alice.until_shown(history, "Bob.*: Hello!|bob: Hello!", "photos")
    check("/Downloads/photos" in alice.run(accept_file), "it is not said where the file is")
    alice.until_shown(transfers, "from [Bb]ob.* photos +Done")
    with open(alice.person.dir + "/Downloads/photos/cat.txt", encoding="ascii") as file:
        check("a cat of" in file.read(), "the file is another")


def readme(lab):
    """What README says of a first conversation is all it takes: one has a key, the other makes one"""
    if tui.missing():
        raise Skipped(tui.missing())
    terminals = tui.Terminals(lab.dir)
    people = []
    try:
        people.append(Newcomer(lab, terminals, "alice", "h1"))
        people.append(Newcomer(lab, terminals, "bob", "h2", None))
        walk(*people)
    except tui.Failed as failure:
        raise Failed(str(failure)) from None
    finally:
        for newcomer in people:
            newcomer.close()
        terminals.close()


if __name__ == "__main__":
    run_stories(readme)
