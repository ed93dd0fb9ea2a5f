# SPDX-License-Identifier: GPL-3.0-or-later
"""screens.py - every screen of the desktop client, for people to look at: light, dark, narrow, large, right to left,
in each language.

Usage: screens.py [VARIANT[/SCREEN]...]     (below "netns.sh run 9 -- gui.sh": "make screenshots" does it)

Pictures go to CF_SHOTS/VARIANT/SCREEN.png.  Nothing is judged here; a screen that cannot be reached is told of, and the
tour goes on.  Who drives it knows rows by people's names and all else by role, so that any language will do.
"""
import gettext
import glob
import os
import subprocess
import sys
import time
import traceback

from desk import Desk
from gui import Failed, box, children, has, until, walk, xdo
from lab import BUILD, SRC, Lab, open_conversation, see_each_other
from trouble import revoke

import gi

gi.require_version("Gdk", "3.0")
from gi.repository import Gdk  # noqa: E402

SHOTS = os.environ.get("CF_SHOTS") or os.path.join(BUILD, "screenshots")
DAY = 86400
RIGHT, WRONG = "correct horse battery", "incorrect horse"
VARIANTS = {  # size of the window, setting of the theme, locale, more of the environment
    "light": ((1000, 700), "light", None, {}),
    "dark": ((1000, 700), "dark", None, {}),
    "narrow": ((360, 640), "light", None, {}),
    "large": ((1280, 900), "light", None, {"GDK_DPI_SCALE": "2"}),
    "rtl": ((1000, 700), "light", "he_IL", {}),
    "de": ((1000, 700), "light", "de_DE", {}),
    "de-narrow": ((360, 640), "dark", "de_DE", {}),
    "zh_TW": ((1000, 700), "light", "zh_TW", {}),
    "large-narrow": ((720, 900), "dark", None, {"GDK_DPI_SCALE": "2"}),
}
LONG = ("It is a long story. First nobody answered, then everybody did, and in the end we agreed that the best would be to meet "
        "once more on Thursday, with everybody who was there the last time, and to bring the papers along.")
HEBREW = "שלום! הפגישה תתקיים ביום חמישי בשעה 14:30, בחדר 3 (ראו https://example.org/room?3). מחכים לך שם."
ARABIC = "مرحبا، هل يمكنك إرسال الملف report-2026.pdf قبل الغد؟"


# --- the world: done once, seen in every variant ---

class World:
    def __init__(self, lab):
        self.lab, self.count = lab, 0
        self.anna = self.person("anna", "Anna Lindqvist", "h1")
        self.bob = self.person("bob", "Bettina Sommer-Hohenstein", "h2")
        self.carol = self.person("carol", "Carol Ngũgĩ", "h3")
        self.dave = self.person("dave", "דוד לוי", "h4")
        self.frank = self.person("frank", "Frank", "h5")
        self.grace = self.person("grace", "陳美玲", "h6")
        self.newcomer = self.person("newcomer", "Nadia Novak", "h7")
        self.newcomer.mail = "nadia.novak@a-company-with-a-long-name.example"
        self.newcomer.make_key("rsa2048", expire="2y")
        self.lonely = self.person("lonely", "Lone Ranger", "h8")
        self.talk()

    def person(self, short, name, host):
        person = self.lab.person(short, host, None)
        person.name = name
        if short in ("anna", "bob"):
            person.own_clock()
            person.step_clock(-2 * DAY)
        person.fpr = person.make_key("ed25519")
        return person

    def meet(self, *people):
        for one in people:
            one.init()
            see_each_other(self.anna, one)

    def talk(self):
        a, b = self.anna, self.bob
        a.init()
        self.meet(b)
        self.conv = open_conversation(a, b)
        self.say(b, "Good morning! Are you coming to the meeting?", LONG)
        self.say(a, "Yes.", "I have written it down: https://example.org/minutes/2026?page=3")
        for one in (a, b):
            one.step_clock(-DAY)
        self.say(b, "👍🎉", HEBREW)
        self.say(a, ARABIC, "A_word_that_goes_on_and_on_without_any_place_to_break_it_because_it_is_the_name_of_something")
        for one in (a, b):
            one.step_clock(0)
        asked = self.say(b, "Who brings the papers?", "One\nTwo\nThree")[0]
        mine = self.say(a, "I do, all of them.", "And the cake.")
        a.confab("send", self.conv, f"--reply-to={asked}", "--wait=delivered", "Already in my bag: the papers are what you asked for.")
        a.confab("edit", self.conv, mine[1], "And the cake, with cherries.")
        b.confab("react", self.conv, mine[1], "🍒")
        a.confab("react", self.conv, asked, "👍")
        gone = self.say(b, "What nobody was meant to read")[0]
        b.confab("delete-message", self.conv, gone)
        b.confab("timer", self.conv, "7d")
        self.say(b, "This one will be gone in a week.")
        self.meet(self.carol, self.dave, self.frank, self.grace)
        self.dead = self.closed_with_failure()
        self.revoked = open_conversation(a, self.grace)
        self.say(self.grace, "你好！星期四見。", conv=self.revoked)
        a.gpg("--import", data=self.grace.gpg("--export", self.grace.fpr).stdout)
        revoke(self.grace, self.grace.fpr, home=a.gnupg)
        self.lab.net("cut", "h8")
        self.lonely.init()
        self.asking = self.dave.start("open", a.fpr, password=RIGHT)
        a.wait("request", fingerprint=self.dave.fpr)

    def say(self, who, *texts, conv=None):
        return [who.confab("send", conv or self.conv, "--wait=delivered", "-", stdin=text).rows[-1]["message"] for text in texts]

    def closed_with_failure(self):
        """What was written while the other side was away, and closed, has failed."""
        a, f = self.anna, self.frank
        conv = open_conversation(a, f)
        self.say(f, "See you.", conv=conv)
        self.lab.net("detach", "h5")
        a.confab("send", conv, "--wait=queued", "Wait, one more thing…")
        f.confab("close", conv)
        self.lab.net("attach", "h5")
        a.wait("message_state", state="failed")
        return conv

    def unread(self):
        """Something that was not read when the window opens."""
        self.count += 1
        self.say(self.bob, f"Are you there? ({self.count})", "I need an answer until tomorrow.")


# --- the tour ---

class Tour:
    def __init__(self, desk, variant):
        self.desk, self.variant = desk, variant
        self.size, _, _, self.more = VARIANTS[variant]
        self.app = None

    def open(self, *args):
        self.app = self.desk.open(*args, **self.more)
        until(self.mapped, "a window on the screen")
        self.app.resize(*self.size)
        self.app.move(0, 0)
        return self.app

    def mapped(self):
        try:
            return self.app.windows()
        except Failed:
            return None

    def act(self, action, *values):
        """An action of the window, as its menu does it."""
        names = subprocess.run(["gdbus", "call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/",
                                "--method", "org.freedesktop.DBus.ListNames"], env=self.desk.env, capture_output=True, text=True,
                               check=True).stdout
        name = next(n.strip("'") for n in names.strip("([]),\n").split(", ") if n.startswith("'im.confab.Confab"))
        subprocess.run(["gdbus", "call", "--session", "--dest", name, "--object-path",
                        "/" + name.replace(".", "/") + "/window/1", "--method", "org.gtk.Actions.Activate", action,
                        "[" + ", ".join(f"<{v}>" for v in values) + "]", "{}"], env=self.desk.env, check=True, capture_output=True)

    def translated(self, text):
        where, language = self.desk.env["CONFAB_LOCALEDIR"], self.desk.env.get("LANGUAGE", "en")
        return gettext.translation("confab", where, [language], fallback=True).gettext(text)

    def nodes(self, role):
        return self.app.all(role)

    def press(self, node):
        node.get_action_iface().do_action(0)

    def buttons(self, dialog):
        return [n for n, _ in walk(dialog) if n.get_role_name() == "push button" and has(n, "SHOWING")]

    def dialog(self):
        """The dialog in front, when it is there."""
        def look():
            self.app.node.clear_cache()
            found = [n for n in children(self.app.node) if n.get_role_name() in ("dialog", "alert", "frame") and has(n, "SHOWING")]
            return found[-1] if len(found) > 1 else None
        return until(look, "a dialog")

    def leave(self):
        """Escape, until only the window is there."""
        for _ in range(4):
            if len(self.mapped() or "") <= 1:
                break
            self.app.key("Escape")
        until(lambda: len(self.mapped() or "") == 1, "end of the dialog")

    def row(self, text):
        """A message; the list at the side may have the same words, and comes first."""
        def look():
            found = self.app.all("list item", text)
            if not found:
                self.app.key("Page_Up")  # of the row that has the focus
            return found and found[-1]
        node = until(look, f"message {text!r}")
        node.get_component_iface().grab_focus()
        return node

    def choose(self, name):
        if self.size[0] < 700:
            self.act("back")
        node = self.app.find("list item", name)
        node.get_action_iface() and node.get_action_iface().get_n_actions() and self.press(node) or self.app.point(node)

    def shot(self, name):
        """The program's windows, when they have stopped moving."""
        Gdk.init([])
        display, root, before = Gdk.Display.get_default(), Gdk.get_default_root_window(), None
        xdo("mousemove", root.get_width() - 1, root.get_height() - 1) if not name.startswith("hover") else None
        end = time.monotonic() + 3
        while True:
            display.sync()
            x, y, right, bottom = self.extent(root)
            picture = Gdk.pixbuf_get_from_window(root, x, y, right - x, bottom - y)
            pixels = picture.get_pixels()
            if pixels == before or time.monotonic() > end:
                break
            before = pixels
            time.sleep(0.15)
        path = os.path.join(SHOTS, self.variant)
        os.makedirs(path, exist_ok=True)
        picture.savev(os.path.join(path, f"{name}.png"), "png", [], [])

    def extent(self, root):
        x, y, right, bottom = root.get_width(), root.get_height(), 0, 0
        for window in self.app.windows():
            text = subprocess.run(["xdotool", "getwindowgeometry", "--shell", window], capture_output=True, text=True, check=True).stdout
            place = dict(line.split("=") for line in text.split())
            left, top = int(place["X"]), int(place["Y"])
            x, y = min(x, left), min(y, top)
            right, bottom = max(right, left + int(place["WIDTH"])), max(bottom, top + int(place["HEIGHT"]))
        return max(x, 0), max(y, 0), min(right, root.get_width()), min(bottom, root.get_height())


def main_screens(t, w):
    """The window, and what one sees in it."""
    t.app.find("list item", "Bettina")
    yield "list"
    w.unread()
    t.choose("^Bettina")
    t.row("Good morning|Are you there")
    yield "timeline-unread"
    t.app.key("Home")
    yield "timeline-start"
    t.app.key("Page_Down")
    yield "timeline-middle"
    t.app.key("End")
    yield "timeline-end"


def message_screens(t, w):
    """What is done with a message."""
    t.choose("^Bettina")
    t.row("need an answer")
    row = t.row("in my bag")
    x, y, width, height = box(row)
    xdo("mousemove", "--sync", x + width // 2, y + height // 2)
    yield "hover-actions"
    t.app.key("Menu")
    yield "hover-menu"
    t.app.key("Escape")
    for steps, name in ((1, "hover-emoji"), (2, "reply")):
        t.row("in my bag")
        t.app.key("Menu", *["Down"] * steps, "Return")
        yield name
        t.app.key("Escape")
    t.nodes("text")[0].get_component_iface().grab_focus()
    t.app.key("Up")
    yield "edit"
    t.app.key("Escape")
    xdo("type", "--delay", 1, "A first line that goes on until it has to be broken, because nobody has so much room")
    t.app.key("shift+Return")
    xdo("type", "--delay", 1, "and a second one")
    yield "composer-lines"
    t.app.key("ctrl+a", "BackSpace")
    t.app.key("ctrl+f")
    xdo("type", "--delay", 1, "papers")
    yield "find-here"
    t.app.key("ctrl+a")
    xdo("type", "--delay", 1, "xyzzy")
    yield "find-here-none"
    t.app.key("Escape")


def details_screens(t, w):
    t.row("in my bag")
    t.app.key("Menu")
    t.app.key("Up", "Return")  # the last one in the menu
    t.dialog()
    yield "message-details"


def panel_screens(t, w):
    t.act("security")
    until(lambda: len(t.nodes("scroll pane")) > 1, "the panel")
    yield "security"
    panes = t.nodes("scroll pane")
    if panes:
        for _ in range(3):
            xdo("mousemove", "--sync", *(lambda b: (b[0] + b[2] // 2, b[1] + b[3] // 2))(box(panes[-1])), "click", "--repeat", "20", "5")
        yield "security-end"
    t.act("back")


def reach_screens(t, w):
    """How somebody is reached who is near, who has gone, and whom nothing wants to reach."""
    def look(conversation):
        t.choose(conversation)
        t.act("reach")
        t.dialog()
        until(lambda: len(t.nodes("list item")) > 6, "ways")

    look("^Bettina")
    yield "reach"
    w.lab.net("detach", "h2")
    until(lambda: w.anna.confab("status", w.bob.fpr).rows[0]["network"][0]["state"] == "failed", "a way that fails")
    yield "reach-away"
    w.lab.net("attach", "h2")
    until(lambda: w.anna.confab("status", w.bob.fpr).rows[0]["online"], "the way again")
    t.leave()
    look("^Frank.*Wait")
    yield "reach-unwanted"
    t.leave()


def dialog_screens(t, w):
    for action in ("new", "add-contact", "address", "settings", "network", "about"):
        t.act(action)
        t.dialog()
        yield "dialog-" + action
        t.leave()


def settings_screens(t, w):
    """Each page, down to its end, and what is asked before device keys are voided."""
    t.act("settings")
    dialog = t.dialog()

    def named(role, text):
        return next(n for n, _ in walk(dialog) if n.get_role_name() == role and n.get_name() == t.translated(text))
    for name in ("You", "Conversations", "Network", "About"):
        t.press(named("radio button", name))
        name = name.lower()
        yield "settings-" + name
        x, y, width, height = box(dialog)
        xdo("mousemove", "--sync", x + width // 2, y + height * 2 // 3, "click", "--repeat", "30", "5")
        yield f"settings-{name}-end"
    t.press(named("radio button", "You"))
    t.press(named("push button", "Void all device keys"))
    until(lambda: len(t.mapped()) > 2, "the question")
    yield "settings-revoke"
    t.leave()


def everywhere_screens(t, w):
    t.act("find-everywhere")
    yield "everywhere-empty"
    xdo("type", "--delay", 1, "papers")
    t.app.find("list item", "papers")
    yield "everywhere"
    t.app.key("ctrl+a")
    xdo("type", "--delay", 1, "xyzzy")
    yield "everywhere-none"
    t.app.key("Escape")
    t.act("back")


def menu_screens(t, w):
    t.act("menu")
    yield "menu-main"
    t.app.key("Escape")
    row = t.app.find("list item", "^Frank.*Wait")
    row.get_component_iface().grab_focus()
    t.app.key("Menu")
    yield "menu-row"
    t.app.key("Up", "Return")
    t.dialog()
    yield "confirm-delete"
    t.app.key("Escape")


def bar_screens(t, w):
    """Where one cannot write, and why."""
    t.choose("^Frank.*Wait")
    yield "bar-closed"
    t.choose("^陳美玲")
    yield "bar-revoked"
    w.anna.confab("block", w.bob.fpr)
    t.choose("^Bettina")
    yield "bar-blocked"
    w.anna.confab("unblock", w.bob.fpr)


def request_screens(t, w):
    t.choose("^דוד לוי")
    t.dialog()
    yield "request"


def open_screens(t, w):
    t.choose("^Carol")
    t.dialog()
    yield "open-empty"
    xdo("type", "--delay", 1, "cat")
    yield "open-weak"
    xdo("type", "--delay", 1, " " + RIGHT)
    yield "open-strong"
    t.app.key("Return")
    request = w.carol.wait("request", fingerprint=w.anna.fpr)["request"]
    yield "open-waiting"
    if t.variant in ("light", "narrow"):  # a third one would silence her for the rest of the tour
        w.carol.confab("accept", request, password=WRONG, code=None)
        yield "open-wrong"
    for row in w.anna.confab("conversations").rows:
        if row["peer"] == w.carol.fpr:
            w.anna.confab("delete", row["conversation"], code=None)


def first_screens(t, w):
    t.app.find("push button")
    until(lambda: len(t.nodes("radio button")) > 1, "keys")
    yield "first-run"
    t.press(t.nodes("radio button")[-1])
    yield "first-run-new"


def lonely_screens(t, w):
    t.app.find("push button")
    yield "nobody-near"


TOURS = (("newcomer", (first_screens,)), ("lonely", (lonely_screens,)),
         ("anna", (main_screens, message_screens, details_screens, panel_screens, reach_screens, bar_screens, request_screens, menu_screens,
                   dialog_screens, settings_screens, everywhere_screens, open_screens)))


def locale_dir(where):
    """Locales and catalogues that a machine may lack."""
    for name in {v[2] for v in VARIANTS.values() if v[2]}:
        subprocess.run(["localedef", "-i", name, "-f", "UTF-8", os.path.join(where, name + ".UTF-8")], check=True)
    for po in glob.glob(os.path.join(SRC, "po", "*.po")):
        mo = os.path.join(where, os.path.basename(po)[:-3], "LC_MESSAGES", "confab.mo")
        os.makedirs(os.path.dirname(mo))
        subprocess.run(["msgfmt", "-o", mo, po], check=True)
    # GLib translates nothing, not even the direction, for a program that does not speak the language.
    os.makedirs(os.path.join(where, "he/LC_MESSAGES"))
    subprocess.run(["msgfmt", "-o", os.path.join(where, "he/LC_MESSAGES/confab.mo"), "-"], check=True, text=True,
                   input='msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')


def tour(world, variant, only):
    size, theme, locale, _ = VARIANTS[variant]
    env = {"LOCPATH": world.locales, "CONFAB_LOCALEDIR": world.locales}
    if locale:
        env.update(LC_ALL=locale + ".UTF-8", LANGUAGE=locale)
    for who, parts in TOURS:
        if only and not any(part.__name__.startswith(one) for part in parts for one in only):
            continue
        person = getattr(world, who)
        if who == "anna":
            person.confab("config", "theme", theme)
        desk = Desk(person, **env)
        settings = os.path.join(person.dir, "config/gtk-3.0")
        os.makedirs(settings, exist_ok=True)
        with open(os.path.join(settings, "settings.ini"), "w", encoding="ascii") as f:
            dark = int(theme == "dark")
            f.write(f"[Settings]\ngtk-enable-animations=0\ngtk-cursor-blink=0\ngtk-application-prefer-dark-theme={dark}\n")
        t = Tour(desk, variant)
        try:
            t.open()
            for part in parts:
                if only and not any(part.__name__.startswith(one) for one in only):
                    continue
                run_part(t, part, world)
        finally:
            desk.end()


def run_part(t, part, world):
    name = part.__name__
    try:
        for name in part(t, world):
            t.shot(name)
            print(f"# {t.variant}/{name}", flush=True)
    except Exception:  # whatever it is, the other screens are still of use
        print(f"# {t.variant}: after {name} of {part.__name__}:\n" + "".join("#   " + line for line in
              traceback.format_exc().splitlines(True)[-3:]), flush=True)
        t.shot(f"failed-{part.__name__}")
    try:
        t.leave()
    except (Failed, subprocess.SubprocessError):
        pass


def main():
    wanted = {}
    for word in sys.argv[1:] or VARIANTS:
        variant, _, screen = word.partition("/")
        wanted.setdefault(variant, []).extend([screen] if screen else [])
    lab = Lab()
    try:
        world = World(lab)
        world.locales = os.path.join(lab.dir, "locale")
        os.mkdir(world.locales)
        locale_dir(world.locales)
        for variant, only in wanted.items():
            begun = time.monotonic()
            tour(world, variant, only)
            print(f"# {variant}: {time.monotonic() - begun:.0f} s", flush=True)
    finally:
        lab.close()


if __name__ == "__main__":
    main()
