# SPDX-License-Identifier: GPL-3.0-or-later
"""gui.py - drive GTK programs through their accessibility tree: by role and name, never by position.

Run below gui.sh, by /usr/bin/python3 (the one that has gi).  Everything waits
for what it asks for, with a deadline; nothing sleeps a fixed time.

    app = App (["confab-gtk"], env)
    app.click ("push button", "Send"); app.type ("text", "Message", "hello\\n")
    app.find ("label", "hello"); app.gone ("label", "hello"); app.shot ("x.png")

Names are regular expressions, searched for in what a screen reader would say.
"""
import os
import re
import subprocess
import time
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)
import gi  # noqa: E402

gi.require_version("Atspi", "2.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Atspi, Gdk, GdkPixbuf, GLib  # noqa: E402

WAIT = float(os.environ.get("CF_E2E_WAIT", "30"))
PAUSE = 0.05  # between two looks at a tree

Atspi.init()
Atspi.set_timeout(5000, 15000)


class Failed(Exception):
    pass


def until(look, what, seconds=WAIT):
    """What LOOK () gives as soon as it gives something."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = look()
        except GLib.Error:
            found = None  # a widget went while we looked
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"no {what() if callable(what) else what} within {seconds:.0f} s")
        time.sleep(PAUSE)


# --- one node of the tree ---

def children(node):
    for i in range(node.get_child_count()):
        child = node.get_child_at_index(i)
        if child:
            yield child


def walk(node, depth=0):
    """Shown nodes, parents first."""
    yield node, depth
    for child in children(node):
        # A window that is not in front is still there; what is hidden inside one is not.
        if child.get_state_set().contains(Atspi.StateType.VISIBLE):
            yield from walk(child, depth + 1)


def text(node):
    iface = node.get_text_iface()
    return Atspi.Text.get_text(iface, 0, -1) if iface else ""


def has(node, state):
    """STATE: a name of Atspi.StateType, "SENSITIVE"."""
    return node.get_state_set().contains(getattr(Atspi.StateType, state))


def matches(node, role, name):
    if role and node.get_role_name() != role:
        return False
    if name is None:
        return True
    return bool(re.search(name, node.get_name() or "") or re.search(name, text(node)))


def box(node):
    r = Atspi.Component.get_extents(node.get_component_iface(), Atspi.CoordType.SCREEN)
    return r.x, r.y, r.width, r.height


def colour(x, y):
    """Red, green and blue of a place on the screen."""
    Gdk.init([])
    Gdk.Display.get_default().sync()
    return tuple(Gdk.pixbuf_get_from_window(Gdk.get_default_root_window(), x, y, 1, 1).get_pixels()[:3])


def xdo(*args):
    subprocess.run(["xdotool", *map(str, args)], check=True, stdout=subprocess.DEVNULL)


class App:
    """A program with windows, and one person's session bus unless ENV names another's.  What it writes to STDERR (a
    file) is kept there."""

    def __init__(self, argv, env=None, seconds=WAIT, stderr=None):
        self.proc = subprocess.Popen(argv, env=env, stderr=stderr)
        self.argv = argv
        self.node = until(self._appear, f"window of {argv[0]}", seconds)

    def _appear(self):
        if self.proc.poll() is not None:
            raise Failed(f"{self.argv} ended with {self.proc.returncode}")
        desktop = Atspi.get_desktop(0)
        desktop.clear_cache()
        for app in children(desktop):
            if app.get_process_id() == self.proc.pid and app.get_child_count():
                return app
        return None

    def all(self, role=None, name=None):
        self.node.clear_cache()
        return [n for n, _ in walk(self.node) if matches(n, role, name) and has(n, "SHOWING")]

    def find(self, role=None, name=None, seconds=WAIT):
        return until(lambda: next(iter(self.all(role, name)), None),
                     lambda: f"{role} {name!r} in\n{self.tree()}", seconds)

    def gone(self, role=None, name=None, seconds=WAIT):
        until(lambda: not self.all(role, name), f"end of {role} {name!r}", seconds)

    def tree(self):
        lines = []
        for node, depth in walk(self.node):
            said, shown = node.get_name() or "", text(node)
            lines.append("  " * depth + f"{node.get_role_name()} {said!r}" + (f" = {shown!r}" if shown != said else ""))
        return "\n".join(lines)

    # --- as a person does ---
    def click(self, role=None, name=None, seconds=WAIT):
        """The accessible action of what is found, else the pointer."""
        node = until(lambda: next((n for n in self.all(role, name) if has(n, "SENSITIVE")), None),
                     lambda: f"usable {role} {name!r} in\n{self.tree()}", seconds)
        action = node.get_action_iface()
        if action and Atspi.Action.get_n_actions(action):
            Atspi.Action.do_action(action, 0)
        else:
            self.point(node)
        return node

    def point(self, node, button=1):
        self.front()  # another window may lie over it
        x, y, w, h = until(lambda: next((b for b in [box(node)] if b[2] > 1), None), "place of what is to be clicked")
        xdo("mousemove", "--sync", x + w // 2, y + h // 2, "click", button)

    def front(self):
        """Give the keyboard to this program: to its dialog, when it has one."""
        active = subprocess.run(["xdotool", "getactivewindow", "getwindowpid"], capture_output=True, text=True, check=False)
        if active.stdout.strip() != str(self.proc.pid):
            xdo("windowactivate", "--sync", self.windows()[-1])

    def windows(self):
        """Numbers of its windows on the screen, the one that was there first at the beginning."""
        def look():  # in vain when any window goes meanwhile
            return subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(self.proc.pid)],
                                  capture_output=True, text=True, check=False).stdout.split()
        return until(look, f"window of {self.argv} on the screen")

    def focus(self, role=None, name=None, seconds=WAIT):
        node = self.find(role, name, seconds)
        self.front()
        Atspi.Component.grab_focus(node.get_component_iface())
        until(lambda: has(node, "FOCUSED"), f"focus on {role} {name!r}", seconds)
        return node

    def type(self, role, name, words):
        """With keys, so that input methods and shortcuts see them."""
        node = self.focus(role, name)
        for i, line in enumerate(words.split("\n")):
            if i:
                xdo("key", "Return")
            if line:
                xdo("type", "--delay", 8, line)
        return node

    def fill(self, role, name, words):
        """At once; for fields, not for typing."""
        node = self.find(role, name)
        Atspi.EditableText.set_text_contents(node.get_editable_text_iface(), words)
        return node

    def give_path(self, path, button):
        """PATH for the chooser of files in front, which ends with BUTTON."""
        self.find("push button", f"^{button}$")
        self.front()
        until(lambda: any(has(n, "ACTIVE") for n in self.all("file chooser"))
              or xdo("windowactivate", self.windows()[-1]), "chooser with the keyboard")
        self.key("ctrl+l")
        entry = until(lambda: next((n for n in self.all("text") if has(n, "FOCUSED")), None), "place for a path")
        Atspi.EditableText.set_text_contents(entry.get_editable_text_iface(), path)
        self.click("push button", f"^{button}$")
        self.gone("push button", f"^{button}$")

    def key(self, *keys):
        self.front()
        xdo("key", *keys)

    def resize(self, width, height):
        xdo("windowsize", "--sync", self.windows()[0], width, height)

    def move(self, x, y):
        xdo("windowmove", "--sync", self.windows()[0], x, y)

    def shot(self, path):
        """The program's window as a PNG."""
        Gdk.init([])
        display = Gdk.Display.get_default()
        display.sync()
        root = Gdk.get_default_root_window()
        frame = next((n for n, _ in walk(self.node) if n.get_role_name() in ("frame", "dialog") and has(n, "ACTIVE")),
                     next(iter(children(self.node)), None))
        x, y, w, h = box(frame)
        x, y = max(0, x), max(0, y)
        w, h = min(w, root.get_width() - x), min(h, root.get_height() - y)
        Gdk.pixbuf_get_from_window(root, x, y, w, h).savev(path, "png", [], [])
        return path

    def end(self):
        if self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()


def brightness(path):
    """0 ... 255, of a picture: tells dark from light."""
    picture = GdkPixbuf.Pixbuf.new_from_file(path)
    bytes_ = picture.get_pixels()
    return sum(bytes_[::7]) / len(bytes_[::7])


def session_bus(env):
    """A session bus for another person: its address goes into ENV.  The process to end."""
    bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address=1"], env=env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    env["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    return bus
