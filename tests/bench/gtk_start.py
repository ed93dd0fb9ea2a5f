#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""gtk_start.py - P10: from the start of the desktop client to its list on the screen.

Usage: gtk_start.py [ROUNDS]     (below tests/lab/gui.sh, from the build directory; "make bench-gtk" does it)

A person with 10,000 messages.  The client is started while the daemon runs, and
when it does not, so that the client starts it; each figure is a median, and the
worst.  The baseline is a window with a label, of GTK and libhandy alone.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

from history import fill, open_two
from latency import BUILD, Person

MESSAGES = 10000
BARE = """import gi, time
gi.require_version ("Gtk", "3.0"); gi.require_version ("Handy", "1")
from gi.repository import GLib, Gtk, Handy
begun = time.perf_counter ()
Gtk.init ([]); Handy.init ()
window = Gtk.Window (title="bare"); window.add (Gtk.Label (label="bare")); window.show_all ()
def painted (clock):
    print (f"{(time.perf_counter () - begun) * 1000:.0f}", flush=True); Gtk.main_quit ()
window.get_frame_clock ().connect ("after-paint", painted)
Gtk.main ()
"""


def traced(person, env):
    """Start the client, and end it when its list is on the screen: how many ms that took, and of a processor."""
    client = subprocess.Popen([os.path.join(BUILD, "confab-gtk")], env=env, stderr=subprocess.PIPE, text=True)
    try:
        for line in client.stderr:
            found = re.match(r"confab-gtk: list drawn after (\d+) ms", line)
            if found:
                with open(f"/proc/{client.pid}/stat", encoding="ascii") as stat:
                    ticks = sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
                return int(found[1]), ticks * 1000 / os.sysconf("SC_CLK_TCK")
        raise SystemExit(f"{person.name}: the client ended with {client.wait()}")
    finally:
        client.terminate()
        client.wait()


def report(what, values, goal=""):
    print(f"P10 {what:52s} median {statistics.median(values):5.0f}  worst {max(values):5.0f} ms  {goal}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    base = tempfile.mkdtemp(prefix="cf-bench-", dir="/tmp")
    a, b = Person(base, "alice"), Person(base, "bob")
    try:
        conv, other = open_two(a, b)
        b.stop()
        a.stop()
        fill(a, conv, MESSAGES, other)
        a.start()
        env = dict(a.env, CONFAB_GTK_TRACE="1", PATH=BUILD + ":" + a.env["PATH"])
        warm = [traced(a, env) for _ in range(rounds)]
        bare = [int(subprocess.run(["/usr/bin/python3", "-c", BARE], check=True, capture_output=True, text=True).stdout)
                for _ in range(rounds)]
        a.stop()
        cold = []
        for _ in range(rounds):
            cold.append(traced(a, env))
            subprocess.run([os.path.join(BUILD, "confab"), "stop"], env=env, check=True, capture_output=True)
            a.stop()
        report("baseline: a bare window on the screen", bare)
        for title, seen in (("the daemon runs", warm), ("the client starts the daemon", cold)):
            report(f"list on the screen, {title}", [wall for wall, _ in seen], "goal 500 ms")
            report("    processor time of the client until then", [cpu for _, cpu in seen])
    finally:
        subprocess.run([os.path.join(BUILD, "confab"), "stop"], env=a.env, check=False, capture_output=True)
        a.stop()
        b.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
