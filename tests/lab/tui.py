# SPDX-License-Identifier: GPL-3.0-or-later
"""tui.py - programs in terminals that nobody sees, and hands for them.

One tmux server of its own in a directory of the test's; each program has a
window of its own size.  Text and keys go in, what is on the screen comes
out, also with its colours; a wait has a deadline.  No configuration is read.
"""
import os
import re
import shutil
import subprocess
import time

WAIT = float(os.environ.get("CF_E2E_WAIT", "30"))


class Failed(Exception):
    pass


def missing():
    """Why there can be no terminals here, or None."""
    return None if shutil.which("tmux") else "tmux is missing (Debian: tmux)"


class Terminals:
    """The tmux server; its socket and what it writes are in WHERE."""

    def __init__(self, where):
        self.socket = os.path.join(where, "tmux")
        self.env = dict(os.environ, LC_ALL="C.UTF-8", HOME=where)
        for variable in ("TMUX", "TMUX_PANE"):
            self.env.pop(variable, None)
        self.count = 0
        self.run("start-server", ";", "set", "-g", "exit-empty", "off", ";", "set", "-g", "remain-on-exit", "on", ";",
                 "set", "-g", "status", "off", ";", "set", "-g", "escape-time", "0", ";",
                 "set", "-g", "history-limit", "0")

    def run(self, *argv, check=True):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", *argv], env=self.env, check=False,
                              capture_output=True, timeout=WAIT)
        if check and done.returncode:
            raise Failed(f"tmux {' '.join(argv)}: {done.stderr.decode()}")
        return done.stdout.decode(errors="replace")

    def open(self, argv, env, cols=80, rows=24, term="tmux-256color"):
        return Terminal(self, argv, env, cols, rows, term)

    def close(self):
        self.run("kill-server", check=False)


class Terminal:
    def __init__(self, terminals, argv, env, cols, rows, term):
        self.t = terminals
        terminals.count += 1
        self.name = f"t{terminals.count}"
        # The environment of the server is not that of the program; env -i makes it exactly ENV.
        words = ["env", "-i", *(f"{k}={v}" for k, v in dict(env, TERM=term).items()), *argv]
        terminals.run("new-session", "-d", "-s", self.name, "-x", str(cols), "-y", str(rows), "exec " + shell(words), ";",
                      "set-option", "-w", "-t", self.name, "window-size", "manual")  # of all, tmux 3.3a falls over it
        self.resize(cols, rows)

    def resize(self, cols, rows):
        self.t.run("resize-window", "-t", self.name, "-x", str(cols), "-y", str(rows))
        self.cols, self.rows = cols, rows

    def type(self, text):
        self.t.run("send-keys", "-t", self.name, "-l", "--", text)

    def key(self, *keys):
        """tmux's names: Enter, Escape, M-1, C-c, PPage, Up ..."""
        self.t.run("send-keys", "-t", self.name, *keys)

    def enter(self, text):
        self.type(text)
        self.key("Enter")

    def paste(self, text):
        self.t.run("set-buffer", "-b", "confab", "--", text)
        self.t.run("paste-buffer", "-p", "-d", "-b", "confab", "-t", self.name)

    def screen(self, colours=False):
        return self.t.run("capture-pane", "-p", *(["-e"] if colours else []), "-t", self.name)

    def cursor(self):
        """Row and column."""
        place = self.t.run("display-message", "-p", "-t", self.name, "#{cursor_y} #{cursor_x}").split()
        return int(place[0]), int(place[1])

    def until(self, *patterns, gone=False):
        """Wait until every regular expression is on the screen (or none is, with GONE); the last screen."""
        deadline = time.monotonic() + WAIT
        while True:
            screen = self.screen()
            for pattern in patterns:
                if bool(re.search(pattern, screen, re.M)) == gone:
                    break
            else:
                return screen
            if time.monotonic() > deadline:
                raise Failed(f"{pattern!r} {'stays' if gone else 'is not'} on the screen:\n{screen}")
            time.sleep(0.03)  # tmux tells nobody when a screen changes

    def without(self, *patterns):
        return self.until(*patterns, gone=True)

    def pid(self):
        return int(self.t.run("display-message", "-p", "-t", self.name, "#{pane_pid}"))

    def ended(self):
        """Wait until the program has ended; its exit status, or minus its signal."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            dead, status, signal = (self.t.run("display-message", "-p", "-t", self.name,
                                               "#{pane_dead},#{pane_dead_status},#{pane_dead_signal}").strip() + ",,").split(",")[:3]
            if dead == "1":
                return -int(signal) if signal else int(status or 0)
            time.sleep(0.03)
        raise Failed(f"the program has not ended:\n{self.screen()}")

    def alternate(self):
        """Is the program on the alternate screen?"""
        return self.t.run("display-message", "-p", "-t", self.name, "#{alternate_on}").strip() == "1"

    def close(self):
        self.t.run("kill-session", "-t", self.name, check=False)


def shell(words):
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
