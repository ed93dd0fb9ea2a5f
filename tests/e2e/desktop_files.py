# SPDX-License-Identifier: GPL-3.0-or-later
"""Files at a window: chosen or pasted, offered, taken, watched, paused, refused, opened; by names and roles."""
import itertools
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import gui  # noqa: E402
from notices import Notices  # noqa: E402
from desk import at_desks  # noqa: E402
from lab import BUILD, SRC, Skipped, check, open_conversation, run_stories, see_each_other  # noqa: E402

MEGA = 1000 * 1000
THUMBNAIL = os.path.join(BUILD, "confab-thumbnail")
CLIPBOARD, DRAG = (os.path.join(SRC, "tests/lab", name) for name in ("clipboard.py", "drag.py"))


class Copied:
    """What is in the clipboard, for the time of a with."""

    def __init__(self, *what):
        self.what = what

    def __enter__(self):
        self.proc = subprocess.Popen(["/usr/bin/python3", CLIPBOARD, *self.what], stdout=subprocess.PIPE, text=True)
        check(self.proc.stdout.readline() == "ready\n", "something can be pasted")

    def __exit__(self, *_):
        self.proc.terminate()
        self.proc.wait()


class Talk:
    """Alice and Bob in a conversation, each at a window where it is shown, and what their desktops open."""

    def __init__(self, lab, desk):
        self.lab, self.a, self.b = lab, lab.person("alice", "h1"), lab.person("bob", "h2")
        for person in (self.a, self.b):
            self.give_programs(person)
            person.init()
        see_each_other(self.a, self.b)
        self.conv = open_conversation(self.a, self.b)
        self.left, self.right = self.open(desk, self.a, "bob", 0), self.open(desk, self.b, "alice", 1000)

    @staticmethod
    def open(desk, person, who, x):
        at = desk(person)
        app = at.open()
        app.move(x, 0)
        app.click("list item", f"^{who}")
        app.find("text", "^Message to")
        return at

    @staticmethod
    def give_programs(person):
        """One for everything: it writes down what it was asked to show."""
        apps, config = person.dir + "/data/applications", person.dir + "/config"
        os.makedirs(apps)
        os.makedirs(config)
        with open(apps + "/lab.desktop", "w", encoding="utf-8") as f:
            f.write("[Desktop Entry]\nType=Application\nName=Lab\nMimeType=inode/directory;text/plain;\n"
                    f"Exec=/bin/sh -c 'echo \"$1\" >> {person.dir}/shown' sh %u\n")
        with open(config + "/mimeapps.list", "w", encoding="utf-8") as f:
            f.write("[Default Applications]\ninode/directory=lab.desktop\ntext/plain=lab.desktop\n")
        with open(config + "/user-dirs.dirs", "w", encoding="utf-8") as f:
            f.write('XDG_DOWNLOAD_DIR="$HOME/incoming"\n')
        person.env.update(XDG_CONFIG_HOME=config)

    def shown(self, person, ending):
        """Wait until PERSON's desktop was asked to show something that ends with ENDING."""
        def look():
            try:
                with open(person.dir + "/shown", encoding="utf-8") as f:
                    return [line for line in f.read().splitlines() if line.rstrip("/").endswith(ending)]
            except FileNotFoundError:
                return None
        return gui.until(look, f"program that shows {ending}")

    def file(self, name, size, what=b"x"):
        path = os.path.join(self.a.dir, name)
        with open(path, "wb") as f:
            for at in range(0, size, MEGA):
                f.write((what * MEGA)[:min(MEGA, size - at)])
        return path

    def paste(self, *what, item):
        """Alice pastes WHAT into her composer; ITEM is what her strip shows then."""
        with Copied(*what):
            self.left.app.focus("text", "^Message to")
            self.left.app.key("ctrl+v")
            self.left.app.find("list item", item)

    def hover(self, x, y):
        """Move a little about (X, Y) until Alice's window says to whom the files will go: a drag that began only when
        the pointer had arrived hears of no move otherwise."""
        side = itertools.cycle((1, 0))

        def look():
            gui.xdo("mousemove", x + next(side), y)
            return self.left.app.all("label", "^Send to .*bob")
        gui.until(look, lambda: f"offer to drop in\n{self.left.app.tree()}")

    def drop(self, *paths, on):
        """Files are dragged over Alice's window, which says to whom they will go, and dropped on the node ON there."""
        source = subprocess.Popen(["/usr/bin/python3", DRAG, *paths], stdout=subprocess.PIPE, text=True)
        try:
            x, y = map(int, source.stdout.readline().split())
            left, top, width, height = gui.box(on)
            gui.xdo("mousemove", "--sync", x, y, "mousedown", 1)
            to = left + width // 2, top + height // 2
            for step in range(1, 9):  # it takes a few moves until a press becomes a drag
                gui.xdo("mousemove", "--sync", x + (to[0] - x) * step // 8, y + (to[1] - y) * step // 8)
            self.hover(*to)
            self.left.shot("files-drop")
            gui.xdo("mouseup", 1)
            for path in paths:
                self.left.app.find("list item", f"^{os.path.basename(path)}, ")
        finally:
            gui.xdo("mouseup", 1)
            source.terminate()
            source.wait()
        self.left.app.gone("label", "^Send to .*bob")

    def send(self, path):
        """Alice sends PATH; Bob has been asked."""
        name = os.path.basename(path)
        self.paste("files", path, item=f"^{name}, ")
        self.left.app.focus("text", "^Message to")
        self.left.app.key("Return")
        self.right.app.find("panel", f"^{name}: ")

    def press(self, at, name, button):
        """Press BUTTON in the row of the file NAME at the window AT."""
        def look():
            for row in at.app.all("panel", f"^{name}: "):
                for node, _ in gui.walk(row):
                    if gui.matches(node, "push button", button) and gui.has(node, "SHOWING"):
                        return node
            return None
        node = gui.until(look, lambda: f"{button} of {name} in\n{at.app.tree()}")
        gui.Atspi.Action.do_action(node.get_action_iface(), 0)


def same(one, other):
    with open(one, "rb") as f, open(other, "rb") as g:
        return f.read() == g.read()


@at_desks
def chosen(lab, desk):
    """Files are chosen or dropped, sent with words, taken and opened; the other side sees that they have come"""
    talk = Talk(lab, desk)
    left, right = talk.left.app, talk.right.app
    path = talk.file("report.txt", 120000)
    left.key("ctrl+o")
    left.find("push button", "^Attach$")
    left.point(left.find("label", "^Home$"))
    left.point(left.find("table cell", "^report.txt$"))
    left.click("push button", "^Attach$")
    left.find("list item", "^report.txt, 120 kB$")
    talk.drop(talk.file("dropped.bin", 10), on=left.find(None, "^Messages$"))
    talk.drop(talk.file("on the text.bin", 10), on=left.find("text", "^Message to"))
    for name in ("dropped.bin", "on the text.bin"):
        left.click("push button", f"^Do not send {name}$")
        left.gone("list item", f"^{name}, ")
    left.type("text", "^Message to", "As promised:")
    talk.left.shot("files-strip")
    left.key("Return")
    left.gone("list item", "^report.txt, ")
    right.find("list item", "^alice, .*As promised:$")
    right.find("panel", "^report.txt: Offered")
    left.find("panel", "^report.txt: Waiting for")
    talk.right.shot("files-offered")
    talk.press(talk.right, "report.txt", "^Accept$")
    right.find("panel", "^report.txt: Done")
    left.find("panel", "^report.txt: Done")
    check(same(path, talk.b.dir + "/incoming/report.txt"), "what came is what was sent")
    talk.right.shot("files-done")
    talk.press(talk.right, "report.txt", "^Open$")
    talk.shown(talk.b, "/incoming/report.txt")
    talk.press(talk.right, "report.txt", "^Open folder$")
    talk.shown(talk.b, "/incoming")


@at_desks
def pasted(lab, desk):
    """A pasted picture is a private file until the other side has it; a pasted folder says how many files it has"""
    talk = Talk(lab, desk)
    left, right = talk.left.app, talk.right.app
    picture = os.path.join(talk.a.dir, "p.png")
    pixels = gui.GdkPixbuf.Pixbuf.new(gui.GdkPixbuf.Colorspace.RGB, False, 8, 64, 48)
    pixels.fill(0x3070a0ff)
    pixels.savev(picture, "png", [], [])
    talk.paste("picture", picture, item=r"^Picture .*\.png")
    kept = [os.path.join(place, name) for place, _, names in os.walk(talk.a.dir + "/cache") for name in names
            if name.startswith("Picture")]
    check(len(kept) == 1 and os.stat(kept[0]).st_mode & 0o777 == 0o600, f"one private file: {kept}")
    check(os.stat(os.path.dirname(kept[0])).st_mode & 0o777 == 0o700, "in a private directory")
    left.focus("text", "^Message to")
    left.key("Return")
    right.find("panel", "^Picture .*: Offered")
    check(os.path.exists(kept[0]), "it is there for as long as it may be fetched")
    talk.press(talk.right, "Picture .*", "^Accept$")
    left.find("panel", "^Picture .*: Done")
    gui.until(lambda: not os.path.exists(kept[0]), "end of the pasted file")
    if os.path.exists(THUMBNAIL):
        right.find("push button", r"^Picture .*\.png$")  # what it shows opens it
        talk.right.shot("files-picture")
    talk.left.shot("files-pasted")

    talk.paste("picture", picture, item=r"^Picture .*\.png")
    left.click("push button", "^Do not send Picture")
    left.gone("list item", r"^Picture .*\.png")
    check(not [n for _, _, names in os.walk(talk.a.dir + "/cache") for n in names if n.startswith("Picture")],
          "what was taken out is gone")

    folder = os.path.join(talk.a.dir, "things")
    os.makedirs(folder + "/inner")
    for name in ("one", "two", "inner/three"):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(name)
    talk.send(folder)
    right.find("panel", "^things: .*3 files")
    talk.press(talk.right, "things", "^Accept$")
    right.find("panel", "^things: Done")
    check(os.path.exists(talk.b.dir + "/incoming/things/inner/three"), "the folder is there, with what is in it")
    talk.right.shot("files-folder")


@at_desks
def watched(lab, desk):
    """A large file is watched, paused, gone on with, and cancelled; all that moves is in one list"""
    talk = Talk(lab, desk)
    left, right = talk.left.app, talk.right.app
    path = talk.file("large.bin", 40 * MEGA)
    lab.net("slow", "h2", "40000")
    talk.send(path)
    talk.press(talk.right, "large.bin", "^Accept$")
    for app in (left, right):
        app.find("panel", r"^large.bin: .* of 40 MB · .*/s")
        app.find("progress bar", "^large.bin$")
    talk.right.shot("files-moving")
    right.click("toggle button", "^1 file on its way")
    right.find("push button", "^From .*alice")
    talk.right.shot("files-list")
    right.key("Escape")
    right.gone("push button", "^From .*alice")
    talk.press(talk.right, "large.bin", "^Pause$")
    right.find("panel", "^large.bin: Paused by you")
    left.find("panel", "^large.bin: Paused by the other side")
    talk.left.shot("files-paused")
    talk.press(talk.right, "large.bin", "^Resume$")
    left.find("panel", r"^large.bin: .* of 40 MB · .*/s")
    talk.press(talk.left, "large.bin", "^Cancel$")
    if left.all("push button", "^Cancel transfer$"):
        left.click("push button", "^Cancel transfer$")
    for app in (left, right):
        app.find("panel", "^large.bin: .*[Cc]ancelled")
        app.gone("progress bar", "^large.bin$")
    right.gone("toggle button", "on its way")
    check(not [n for n in os.listdir(talk.b.dir + "/incoming") if not n.startswith("..")], "nothing is left of it")


@at_desks
def refused(lab, desk):
    """What is refused is seen to be refused, and can be offered again; what may run is not opened"""
    talk = Talk(lab, desk)
    left, right = talk.left.app, talk.right.app
    path = talk.file("tool.desktop", 300, b"[Desktop Entry]\n")
    talk.send(path)
    talk.press(talk.right, "tool.desktop", "^Refuse$")
    for app in (left, right):
        app.find("panel", "^tool.desktop: .*[Rr]efused")
    talk.left.shot("files-refused")
    talk.press(talk.left, "tool.desktop", "^Try again$")
    right.find("panel", "^tool.desktop: Offered")
    elsewhere = talk.b.dir + "/elsewhere"
    for folder in (talk.b.dir + "/incoming", elsewhere):  # the first is what the chooser begins with
        os.makedirs(folder)
    talk.press(talk.right, "tool.desktop", "^Save to")
    right.find("push button", "^Save here$")
    talk.right.shot("files-save-to")
    right.give_path(elsewhere, "Save here")
    right.find("panel", "^tool.desktop: Done")
    check(same(path, elsewhere + "/tool.desktop"), "it lies in the folder that was chosen")
    talk.press(talk.right, "tool.desktop", "^Open$")
    right.find("label", "^This can run as a program$")
    talk.right.shot("files-program")
    right.click("push button", "^Open folder$")
    talk.shown(talk.b, "/elsewhere")


@at_desks
def no_space(lab, desk):
    """Too little room is said before anything is taken, and when it is taken all the same"""
    talk = Talk(lab, desk)
    right = talk.right.app
    small = os.path.join(talk.b.dir, "small")
    os.makedirs(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=80m", "none", small], check=False).returncode:
        raise Skipped("no file systems can be mounted here")
    talk.b.confab("config", "download-dir", small)
    talk.send(talk.file("large.bin", 60 * MEGA))
    right.find("label", "^Too little room: it takes .* are free")
    talk.right.shot("files-no-room")
    talk.press(talk.right, "large.bin", "^Accept$")
    right.find("label", "[Ss]pace|[Rr]oom")
    right.find("panel", "^large.bin: (Offered|.*space)")
    talk.right.shot("files-no-space")


@at_desks
def told(lab, desk):
    """Who looks elsewhere is told of an offer, and then of the file in its place; nothing more than is wanted"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    at = desk(b)
    notices = Notices(at.env["DBUS_SESSION_BUS_ADDRESS"])
    at.open().find("list item", "^alice")  # and no conversation is shown

    def offer(name):
        path = os.path.join(a.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("x")
        return a.confab("send-file", conv, path).row["transfer"]

    def said(body):
        gui.until(lambda: ("alice", body) in notices.shown.values(), lambda: f"{body!r} in {notices.shown}")
    first = offer("a <b>&.txt")
    said("Wants to send you a ‹b>＆.txt")
    b.confab("accept-file", first)
    said("a ‹b>＆.txt has come")
    check(len(notices.shown) == 1, f"one for a file: {notices.shown}")
    b.confab("config", "notification-content", "hide")
    second = offer("b.txt")
    said("Wants to send you a file")
    b.confab("refuse-file", second)
    gui.until(lambda: len(notices.shown) == 1, lambda: f"end of what was answered in {notices.shown}")
    at.app.click("list item", "^alice")
    gui.until(lambda: not notices.shown, lambda: f"end of what was read in {notices.shown}")


if __name__ == "__main__":
    run_stories(chosen, pasted, watched, refused, no_space, told)
