# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories of the desktop client about oneself: settings, one's address, adding people by theirs, what one keeps and finds
again."""
import mailbox
import os
import subprocess

from desk import at_desks
from desktop import opened, two
from desktop_person import do
from gui import box, colour, has, until
from lab import BUILD, check, run_stories

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib  # noqa: E402

CAMERA = os.path.join(BUILD, "tests/lab/camera.so")


def choose(app, name, value):
    """One of what a combo box has to offer, by the pointer."""
    app.point(app.find("combo box", f"^{name}$"))
    app.point(app.find("menu item", f"^{value}$"))


def chosen(app, name):
    """What a combo box says that is chosen."""
    return app.find("combo box", f"^{name}$").get_selection_iface().get_selected_child(0).get_name()


def page(app, name):
    app.click("radio button", f"^{name}$")


@at_desks
def settings(lab, desk):
    """What is set at the window is the daemon's, and what is set elsewhere is seen at the window"""
    a = lab.person("alice", "h1")
    a.init()
    at = desk(a)
    app = at.open()
    app.find("label", "Nobody nearby")

    def is_set(**wanted):
        until(lambda: wanted.items() <= {row["key"]: row["value"] for row in a.confab("config").rows}.items(),
              lambda: f"{wanted} in {a.confab('config').rows}")
    app.key("ctrl+comma")
    app.type("text", "^Name$", "Alice in the lab\n")
    is_set(name="Alice in the lab")
    choose(app, "Look", "Dark")
    is_set(theme="dark")
    app.click("radio button", "^Contacts only$")
    until(lambda: a.confab("status").row["visibility"] == "contacts", "seen by contacts only")
    at.shot("settings-dark")
    page(app, "Conversations")
    app.click("toggle button", "^Read receipts$")
    choose(app, "Accept files without asking", "Up to 10 MB")
    is_set(receipts="off", **{"accept-files": "10M"})
    a.confab("config", "send-key", "ctrl-enter")
    until(lambda: chosen(app, "Send with") == "Ctrl+Enter", "what was set elsewhere")
    at.shot("settings-conversations")
    page(app, "Network")
    app.find("text", "^Name of a node$")
    at.shot("settings-network")
    names = [f"confab-node:{'5' * 64}:5354E25E@192.0.2.{i}:7000" for i in (1, 2)]
    app.fill("text", "^Name of a node$", "\n".join((names[0], "not-a-node", names[1])))
    app.click("push button", "^Add the node$")
    app.find("label", '^"not-a-node" is no name of a node')
    at.shot("settings-nodes-wrong")
    is_set(nodes="")
    app.fill("text", "^Name of a node$", "\n".join(names))
    app.click("push button", "^Add the node$")
    app.find("list item", "^192.0.2.2:7000$")
    is_set(nodes=" ".join(names))
    check(not app.all("label", "is no name of a node"), "nothing is wrong any more")
    at.shot("settings-nodes")
    for i in (1, 2):  # one right after the other
        app.click("push button", f"^Do without the node at 192.0.2.{i}:7000$")
    is_set(nodes="")
    app.gone("list item", "^192.0.2.")
    for row in ("Ask the router to open a port", "Be listed at your nodes", "Let contacts pass on where you are"):
        app.click("toggle button", f"^{row}$")
    is_set(listed="on", **{"port-mapping": "off", "pass-on": "on"})
    app.key("Escape")
    app.gone("text", "^Name of a node$")

    app.key("ctrl+question")
    app.find("label", "^Jump to a conversation$")
    at.shot("shortcuts")
    app.key("Escape")
    app.gone("label", "^Jump to a conversation$")


@at_desks
def addresses(lab, desk):
    """One's address is shown and saved as a picture; by its text, or its picture, another adds one, who can be asked"""
    a, b, _ = two(lab)
    left, right = desk(a), desk(b)
    bob = right.open()
    bob.click("toggle button", "^Menu$")
    bob.click(None, "^Your Address")
    bob.find(None, "^QR code of your address$")
    address = b.confab("address").row["address"]
    bob.find("label", f"^{address}$")
    right.shot("address")
    picture = os.path.join(b.dir, "me.png")
    bob.click("push button", "^Save the code")
    bob.give_path(picture, "Save")
    bob.find("label", "^Saved as me.png")
    right.close()

    alice = left.open()
    alice.click("toggle button", "^New$")
    alice.click(None, "^Add a Contact")
    wrong = address[:-1] + ("0" if address[-1] != "0" else "1")
    alice.type("text", "^Address$", wrong)
    alice.find("label", "There is a mistake in this address")
    left.shot("add-wrong")
    if alice.all("list item", "^Scan with the camera$"):  # this build can read codes
        alice.focus("list item", "^Scan with the camera$")
        alice.key("Return")
        alice.find("panel", "^(No camera was found|The camera .*)$")
        left.shot("add-camera")
        alice.click("push button", "^Back$")
        alice.focus("list item", "^Open a picture of a code$")
        alice.key("Return")
        alice.give_path(picture, "Open")
    else:
        alice.fill("text", "^Address$", address)
    alice.find(None, "bob@test.invalid")
    left.shot("add-person")
    check(not [c for c in a.confab("contacts").rows], "nobody is added before the button is pressed")
    alice.click("push button", "^Add$")
    alice.find("panel", "^bob is a contact now$")
    left.shot("add-done")
    check([c["fingerprint"] for c in a.confab("contacts").rows] == [b.fpr], "bob is a contact")
    alice.click("push button", "^Open a conversation")
    alice.find("password text", "^Password")
    left.shot("add-open")
    alice.gone("panel", "^bob is a contact now$")


def code_of(person):
    """The code of PERSON's address as a terminal shows it: a picture, a pixel a module."""
    argv = [arg for arg in person.argv("address", "--qr") if arg != "--json"]
    text = subprocess.run(argv, env=person.env, capture_output=True, text=True, check=True).stdout
    lines = [line for line in text.split("\n") if line and not line.strip(" \u2580\u2584\u2588")]
    width = max(map(len, lines))
    rows = [[c in dark for c in line.ljust(width)] for line in lines for dark in ("\u2580\u2588", "\u2584\u2588")]
    pixels = b"".join(bytes(3) if module else b"\xff" * 3 for row in rows for module in row)
    return GdkPixbuf.Pixbuf.new_from_bytes(GLib.Bytes.new(pixels), GdkPixbuf.Colorspace.RGB, False, 8, width, len(rows), 3 * width)


def film(code, path):
    """What a camera sees in front of which somebody holds CODE: nothing, then it comes in from the side, nearer and
    nearer."""
    width, height = 640, 480
    with open(path + ".new", "wb") as out:
        for i in range(24):
            seen = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
            seen.fill(0x60606000 + 0x02020200 * i)
            side, left, top = 200 + 8 * i, max(100, width - 40 * (i - 4)), 40
            if i > 4:
                code.composite(seen, left, top, min(side, width - left), side, left, top, side / code.get_width(),
                               side / code.get_height(), GdkPixbuf.InterpType.BILINEAR, 255)
            line, pixels = seen.get_rowstride(), seen.get_pixels()
            out.write(b"P5 %d %d 255\n" % (width, height))
            out.write(b"".join(pixels[y * line:y * line + 3 * width:3] for y in range(height)))
    os.rename(path + ".new", path)


@at_desks
def camera(lab, desk):
    """A code that is held in front of the camera adds whom it names; without one, or one that cannot be used, it is said why"""
    a, b, _ = two(lab)
    path = os.path.join(a.dir, "camera")
    at = desk(a, CF_CAMERA=path, LD_PRELOAD=CAMERA)
    app = at.open()
    app.click("toggle button", "^New$")
    app.click(None, "^Add a Contact")
    app.find("text", "^Address$")
    if not app.all("list item", "^Scan with the camera$"):
        return  # this build cannot read codes

    def scan():
        app.focus("list item", "^Scan with the camera$")
        app.key("Return")
    for there, said in ((None, "No camera was found"), ("refused", "The camera may not be used"),
                        ("busy", "The camera does not answer")):
        if there:
            with open(path, "w", encoding="ascii") as file:
                file.write(there + "\n")
        scan()
        app.find("panel", f"^{said}$")
        at.shot(f"camera-{there or 'none'}")
        app.click("push button", "^Back$")
    film(code_of(b), path)
    scan()
    app.find(None, "bob@test.invalid")
    at.shot("camera-found")
    app.click("push button", "^Add$")
    app.find("panel", "^bob is a contact now$")
    check([c["fingerprint"] for c in a.confab("contacts").rows] == [b.fpr], "bob is a contact")


@at_desks
def revoke_devices(lab, desk):
    """Device keys are voided when a word was typed, and what came of it is said"""
    a = lab.person("alice", "h1")
    a.init()
    before = a.confab("address").row["address"]
    at = desk(a)
    app = at.open()
    app.find("label", "Nobody nearby")
    app.key("ctrl+comma")
    app.click("push button", "^Void all device keys$")
    app.find("label", "^This cannot be taken back")
    at.shot("revoke")
    for word in ("yes\n", "Revoke\n"):
        app.fill("text", "^Type revoke to void them$", "")
        app.type("text", "^Type revoke to void them$", word)
        check(not has(app.find("push button", "^Void Them$"), "SENSITIVE"), f"{word!r} is not enough")
    check(a.confab("address").row["address"] == before, "nothing is revoked yet")
    app.fill("text", "^Type revoke to void them$", "")
    app.type("text", "^Type revoke to void them$", "revoke\n")
    app.find("panel", "^The device keys up to now are void$")
    at.shot("revoke-done")
    after = a.confab("address").row["address"]
    check(after != before, "the address is another")
    app.click("push button", "^Your Address$")
    app.find("label", f"^{after}$")
    app.key("Escape")
    app.gone("label", f"^{after}$")


@at_desks
def kept(lab, desk):
    """A quote leads to what it quotes, words that nobody wrote are not found, and all of it can be kept as mails"""
    a, b, conv = two(lab, talking=True)
    first = b.confab("send", conv, "the very first words", "--wait", "delivered").row["message"]
    b.confab("send", conv, "--lines", "-", stdin="".join(f"line {i}\n" for i in range(60)))
    a.wait("message", text="line 59")
    a.confab("send", conv, f"--reply-to={first}", "--wait=delivered", "those I remember")
    a.confab("read", conv)
    at = opened(desk, a, "bob")
    app = at.app
    reply = app.find("list item", "^You, .*those I remember$")
    check(not app.all("list item", "^bob, .*the very first words$"), "the first words are out of sight")
    app.click("push button", "the very first words")
    row = app.find("list item", "^bob, .*the very first words$")
    flash = until(lambda: colour(*edge(row)), "colour")
    at.shot("quote-flash")
    until(lambda: colour(*edge(row)) != flash, "end of the flash")

    app.key("ctrl+f")
    app.type("text", "^Find in this", "xyzzy")
    app.find("label", "^Not found$")
    app.key("Escape")
    app.key("ctrl+shift+f")
    until(lambda: described(app, "list box", "^What was found$", "Type words that were written"), "what to do")
    app.type("text", "^Find in all", "xyzzy")
    until(lambda: described(app, "list box", "^What was found$", "Nothing was found."), "that there is nothing")
    at.shot("find-nothing")
    app.key("Escape")

    path = os.path.join(a.dir, "kept.mbox")
    app.click("toggle button", "^Security$")
    do(at, "Export")
    at.shot("export")
    app.click("push button", "^Choose a file")
    app.give_path(path, "Save")
    until(lambda: described(app, "list item", "^Export$", "Saved as kept.mbox"), "that it was saved")
    with open(path, encoding="utf-8", newline="") as file:
        check(file.read() == "".join(row["mail"] for row in a.confab("export", conv).rows), "all of it is there")
    check(len(mailbox.mbox(path)), "in mails")
    check(os.stat(path).st_mode & 0o777 == 0o600, "for its owner's eyes only")


def described(app, role, name, words):
    """A row by what stands below its name; an empty list by what stands in the place of its rows."""
    return app.find(role, name).get_description().startswith(words)


def edge(row):
    """A place in a row where nothing is written: at its right end."""
    x, y, width, height = box(row)
    return x + width - 3, y + height // 2


if __name__ == "__main__":
    run_stories(settings, revoke_devices, addresses, camera, kept)
