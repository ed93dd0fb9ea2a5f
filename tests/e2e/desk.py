# SPDX-License-Identifier: GPL-3.0-or-later
"""desk.py - a person of lab.py at a desktop: confab-gtk on that person's host, driven by gui.py.

Below "netns.sh run N -- gui.sh": see desktop.sh.  Each person has a session bus
of their own, all share the accessibility bus and the screen.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import gui  # noqa: E402
from lab import BUILD, NETNS, Failed  # noqa: E402

COMPLAINT = re.compile(r"(WARNING|CRITICAL|ERROR) \*\*|Gtk-Message|runtime error")
# Nobody shows notifications here; GTK's chooser of files may be closed while an event for it is on its way.
EXPECTED = re.compile(r"org\.freedesktop\.Notifications|gtk_widget_event: assertion 'WIDGET_REALIZED_FOR_EVENT")
SHOTS = os.environ.get("CF_SHOTS")  # where pictures go; none are taken without it


class Desk:
    def __init__(self, person, **env):
        self.person, self.app = person, None
        self.said = os.path.join(person.dir, "confab-gtk.stderr")
        self.env = dict(person.env, XDG_CONFIG_HOME=person.dir + "/config", XDG_CACHE_HOME=person.dir + "/cache",
                        XDG_DATA_HOME=person.dir + "/data", **env)
        for name in ("DISPLAY", "AT_SPI_BUS_ADDRESS", "GDK_BACKEND", "GSETTINGS_BACKEND", "LOCPATH"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.bus = gui.session_bus(self.env)

    def open(self, *args, **env):
        """Start the desktop client; its window is there when this returns."""
        argv = [NETNS, "exec", self.person.host, os.path.join(BUILD, "confab-gtk"), *args]
        with open(self.said, "ab") as stderr:
            self.app = gui.App(argv, dict(self.env, **env), stderr=stderr)
        return self.app

    def complaints(self):
        """What GTK, GLib or the client found wrong, a line each."""
        if not os.path.exists(self.said):
            return []
        with open(self.said, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file if COMPLAINT.search(line) and not EXPECTED.search(line)]

    def shot(self, name):
        """A picture of the window, for people to look at."""
        if SHOTS:
            os.makedirs(SHOTS, exist_ok=True)
            self.app.shot(os.path.join(SHOTS, f"{name}.png"))

    def close(self):
        if self.app:
            self.app.end()
            self.app = None

    def end(self):
        self.close()
        self.bus.terminate()
        self.bus.wait()


def at_desks(story):
    """Ends the desks that STORY makes by DESK (person), also when it fails; fails when a client has complained."""
    def run(lab):
        desks = []

        def desk(person, **env):
            desks.append(Desk(person, **env))
            return desks[-1]
        try:
            story(lab, desk)
            for one in desks:
                one.close()
            wrong = [line for one in desks for line in one.complaints()]
            if wrong:
                raise Failed("a client complains:\n" + "\n".join(wrong))
        except Exception:
            for one in desks:
                if one.app:
                    print(f"# {one.person.name} sees:\n" + "".join(f"#   {line}\n" for line in one.app.tree().splitlines()))
                    one.shot(f"failed-{story.__name__}-{one.person.name}")
            raise
        finally:
            for one in desks:
                one.end()
    run.__name__, run.__doc__ = story.__name__, story.__doc__
    return run
