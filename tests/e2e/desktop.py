# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop client as people use it, by names and roles: every promise of a window has a story here."""
from desk import at_desks
from gui import Atspi, box, has, matches, text, until, walk, xdo
from lab import BUILD, check, open_conversation, run_stories, see_each_other
from trouble import revoke

RIGHT, WRONG = "correct horse battery", "incorrect horse"


def two(lab, *, talking=False):
    """Alice and Bob, who see each other; the id of their conversation when they are TALKING."""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    return a, b, open_conversation(a, b) if talking else None


def side_by_side(left, right):
    left.open()
    right.open()
    left.app.move(0, 0)
    right.app.move(1000, 0)
    return left.app, right.app


def inside(one, other):
    """Of two boxes."""
    return all((one[0] >= other[0], one[1] >= other[1], one[0] + one[2] <= other[0] + other[2],
                one[1] + one[3] <= other[1] + other[3]))


def ask(app, name, password):
    app.click("list item", name)
    app.type("password text", "Password", password)
    app.click("push button", "^Ask$")
    app.find("label", f"Waiting for {name}")


def answer(app, name, password):
    app.click("list item", f"{name}: Asks")
    app.type("password text", "Password", password)
    app.click("push button", "^Answer$")


@at_desks
def first_run(lab, desk):
    """Who has a key begins with it at one click, and sees who is near"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    b.init()
    at = desk(a)
    app = at.open()
    app.find("label", "Who are you")
    app.find(None, "alice@test.invalid")
    at.shot("first-run")
    app.click("push button", "^Begin$")
    app.find("list item", "^bob")
    at.shot("nearby")


@at_desks
def by_password(lab, desk):
    """Two open a conversation by one password, each at a window"""
    a, b, _ = two(lab)
    left, right = desk(a), desk(b)
    alice, bob = side_by_side(left, right)
    ask(alice, "bob", RIGHT)
    left.shot("asked")
    bob.find("list item", "alice: Asks")
    right.shot("request")
    answer(bob, "alice", RIGHT)
    for app in (alice, bob):
        app.find("push button", "Verified by password")
    left.shot("open")


@at_desks
def wrong_password(lab, desk):
    """A wrong password is said on both sides, without blame, and another can be typed"""
    a, b, _ = two(lab)
    left, right = desk(a), desk(b)
    alice, bob = side_by_side(left, right)
    ask(alice, "bob", RIGHT)
    b.wait("request", state="waiting")
    answer(bob, "alice", WRONG)
    for at in (left, right):
        at.app.find("label", "not the same")
        at.app.find("label", "2 tries are left")
    left.shot("wrong-asker")
    right.shot("wrong-answerer")
    for left_over in ("1 try is left", "The next try is possible at"):
        alice.type("password text", "Password", RIGHT)
        alice.click("push button", "^Ask$")
        b.wait("request", state="waiting")
        b.confab("accept", "alice", password=WRONG, code=4)
        alice.find("label", left_over)
    left.shot("wrong-silence")
    told = b.confab("open", "alice", password=RIGHT, code=5).error
    check(told["tries_left"] == 0 and told["silent_until"], f"nothing is left: {told}")


@at_desks
def daemon_killed(lab, desk):
    """The daemon dies under the window, which says so and goes on by itself"""
    a, b, conv = two(lab, talking=True)
    at = desk(a)
    app = at.open()
    app.find("list item", "^bob")
    a.kill_daemon()
    a.follow(0)
    b.confab("send", conv, "after the crash", "--wait", "delivered")
    app.find("list item", "after the crash")


def opened(desk, person, who, **env):
    """PERSON's window with the conversation with WHO chosen."""
    at = desk(person, **env)
    app = at.open()
    app.click("list item", f"^{who}")
    app.find("text", "^Message to")
    return at


def write(app, text):
    app.type("text", "^Message to", text + "\n")


@at_desks
def talk(lab, desk):
    """Two talk at two windows: what is read is seen to be read, replies, edits, reactions and takings-back show"""
    a, b, conv = two(lab, talking=True)
    left, right = opened(desk, a, "bob"), opened(desk, b, "alice")
    left.app.move(0, 0)
    right.app.move(1000, 0)
    write(left.app, "Good mornin")
    right.app.find("list item", "^alice, .*Good mornin$")
    right.app.front()
    left.app.find("list item", "^You, .*Read: Good mornin$")

    left.app.focus("text", "^Message to")
    left.app.key("Up")  # the last one is edited
    left.app.find("text", "^Good mornin$")
    left.app.key("g", "Return")
    right.app.find("list item", "^alice, .*Good morning$")

    right.app.point(right.app.find("list item", "^alice, .*Good morning"))
    right.app.click("push button", "^Reply$")
    write(right.app, "And to you.")
    left.app.find("list item", "^bob, .*And to you")
    reply = next(m for m in a.confab("history", conv).rows if m["text"] == "And to you.")
    check(reply["quote"]["text"] == "Good morning", f"the reply quotes what it answers: {reply}")
    a.confab("react", conv, reply["message"], "👍")
    right.app.find(None, "👍")
    for at in (left, right):
        at.shot("talk-" + at.person.name)
    b.confab("delete-message", conv, reply["message"])
    left.app.gone("list item", "^bob, .*And to you")


@at_desks
def find(lab, desk):
    """What was said is found, in the conversation and in all"""
    a, b, conv = two(lab, talking=True)
    b.confab("send", conv, "--lines", "-", stdin="".join(f"line {i}\n" for i in range(400)) + "the needle\n", timeout=120)
    a.wait("message", text="the needle")
    b.confab("send", conv, "--lines", "-", stdin="".join(f"later {i}\n" for i in range(400)), timeout=120)
    a.wait("message", text="later 399")
    a.confab("read", conv)  # what is unread is shown from its first line on
    at = opened(desk, a, "bob")
    at.app.find("list item", "^bob, .*later 399")
    at.app.key("ctrl+f")
    at.app.type("text", "Find in this", "needle")
    at.app.find("list item", "^bob, .*the needle")
    at.shot("find")
    at.app.key("Escape")
    at.app.key("ctrl+shift+f")
    at.app.type("text", "Find in all|Search|Find", "needle")
    at.app.find("list item", "needle")
    at.shot("find-everywhere")


@at_desks
def key_revoked(lab, desk):
    """A key that went bad takes the place of the composer, and says what to do; so does somebody who is blocked"""
    a, b, _ = two(lab, talking=True)
    at = opened(desk, a, "bob")
    a.confab("block", b.fpr)
    at.app.find("label", "You have blocked")
    at.app.gone("text", "^Message to")
    at.shot("blocked")
    at.app.click("push button", "^Unblock$")
    at.app.find("text", "^Message to")
    a.gpg("--import", data=b.gpg("--export", b.fpr).stdout)
    revoke(b, b.fpr, home=a.gnupg)
    at.app.find("label", "^The key of bob has been revoked$")
    check(not at.app.all("label", "Your own key"), "nobody is told that the own key is bad")
    at.app.gone("text", "^Message to")
    at.app.find("list item", "key.*revoked.*wrong hands")
    at.shot("revoked")


@at_desks
def german(lab, desk):
    """In German, what the daemon says is German: a notice, the steps of the network, an error; no command is named"""
    a, b, conv = two(lab, talking=True)
    at = desk(a, LC_ALL="de_DE.UTF-8", LANGUAGE="de", CONFAB_LOCALEDIR=BUILD + "/po/locale")
    app = at.open()
    a.gpg("--import", data=b.gpg("--export", b.fpr).stdout)
    revoke(b, b.fpr, home=a.gnupg)
    app.click("list item", "^bob")
    app.find("list item", "Der Schlüssel von bob .* wurde widerrufen.*Glaube nichts, was damit kommt")
    app.find("label", "^Der Schlüssel von bob .* widerrufen")
    at.shot("german-notice")
    a.confab("visibility", "nobody")
    app.key("ctrl+comma")
    app.click("radio button", "^Netz$")
    app.find("label", "Du fragst nicht, wer da ist, und antwortest nicht")
    app.find("label", "Zeige dich allen: auf der ersten Seite der Einstellungen")
    at.shot("german-network")
    check("confab " not in app.tree(), "a command of a shell is named in a window")
    app.key("Escape")


@at_desks
def lookalike(lab, desk):
    """Who goes by the name of somebody with whom one talks is warned of there, and can be blocked there"""
    a, b, conv = two(lab, talking=True)
    at = opened(desk, a, "bob")
    other = lab.person("carol", "h3", None)
    other.name, other.mail = b.name, b.mail
    other.fpr = other.make_key("ed25519")
    other.init()
    at.app.find("label", "Somebody else nearby goes by the name of bob")
    at.app.find("text", "^Message to")  # with the one whom one knows, one can go on talking
    at.shot("lookalike")
    at.app.click("push button", "^Block the other$")
    at.app.gone("label", "Somebody else nearby")
    check(next(c for c in a.confab("contacts").rows if c["fingerprint"] == other.fpr)["blocked"], "the other is blocked")
    b.confab("send", conv, "it is me", "--wait", "delivered")
    at.app.find("list item", "^bob, .*it is me$")


@at_desks
def alone(lab, desk):
    """Where nobody is near, there is somebody to try everything with, who vanishes"""
    a = lab.person("alice", "h1")
    a.init()
    at = desk(a)
    app = at.open()
    app.find("label", "Nobody nearby")
    at.shot("alone")
    app.click("push button", "^Try it alone$")
    app.find("label", "Echo is here for you", 60)
    at.shot("alone-ready")
    password = app.find("label", "^[a-z]+-[a-z]+-[0-9]+$").get_name()
    app.click("push button", "^Open…$")
    app.type("password text", "Password", password)
    app.click("push button", "^Ask$")
    app.find("list item", "^Echo, .*Hello! I am Echo")
    app.find("label", "You talk with Echo")
    at.shot("alone-open")
    app.click("push button", "^End$")
    app.gone("label", "You talk with Echo")
    a.wait("link", online=False)


@at_desks
def much_unread(lab, desk):
    """Of more that is unread than is shown at once it is said how much stands above"""
    a, b, conv = two(lab, talking=True)
    b.confab("send", conv, "--lines", "-", stdin="".join(f"line {i}\n" for i in range(200)), timeout=120)
    a.wait("message", text="line 199")
    at = opened(desk, a, "bob")
    line = at.app.find(None, "New messages · [0-9]+ more above")
    at.shot("much-unread")
    above = int(line.get_name().split()[3])
    at.app.find("list item", f"line {above}$")  # right below that line


@at_desks
def narrow(lab, desk):
    """In a narrow window with large letters, what went wrong is read to its end"""
    a, b, _ = two(lab, talking=True)
    at = desk(a, GDK_DPI_SCALE="2")
    app = at.open()
    app.resize(360, 640)
    app.click("list item", "^bob")
    a.gpg("--import", data=b.gpg("--export", b.fpr).stdout)
    revoke(b, b.fpr, home=a.gnupg)
    hint = app.find("label", "^Believe nothing that comes with it; ask them")
    bar = hint.get_parent()
    while bar.get_role_name() not in ("info bar", "alert"):
        bar = bar.get_parent()
    what = app.find("label", "^The key of bob .* has been revoked: it may be in wrong hands$")
    until(lambda: inside(box(hint), box(bar)) and inside(box(what), box(bar)),
          lambda: f"{box(what)} and {box(hint)} inside {box(bar)}")
    at.shot("narrow")


def below(app, role, name):
    """What GTK, which does not look through the windows of lists and revealers, takes for out of sight in a scrolled one."""
    return until(lambda: next((n for n, _ in walk(app.node) if matches(n, role, name)), None), f"{role} {name!r}")


def shown(app, field):
    """Is the first letter of what is typed there inside the window?"""
    place = field.get_text_iface().get_character_extents(0, Atspi.CoordType.SCREEN)
    return inside((place.x, place.y, place.width, place.height), box(app.find("frame")))


@at_desks
def low(lab, desk):
    """With large letters in a small window, the fields of a new identity come into sight when it is chosen"""
    at = desk(lab.person("alice", "h1"), GDK_DPI_SCALE="2")
    app = at.open()
    app.find("push button", "^Begin$")
    app.resize(360, 420)
    below(app, "radio button", "^Make a new identity$").get_action_iface().do_action(0)
    name, mail = below(app, "text", "^Name$"), below(app, "text", "^Mail address$")
    Atspi.EditableText.set_text_contents(name.get_editable_text_iface(), "Nadia")
    until(lambda: shown(app, name), "the name in sight")
    Atspi.Component.grab_focus(mail.get_component_iface())
    until(lambda: has(mail, "FOCUSED"), "focus on the address")
    xdo("type", "--delay", "8", "nadia")
    until(lambda: text(mail) == "nadia" and shown(app, mail), "the address in sight")
    at.shot("low")


@at_desks
def long_history(lab, desk):
    """Ten thousand messages are there at once, and scroll back page by page"""
    a, b, conv = two(lab, talking=True)
    b.confab("send", conv, "--lines", "-", stdin="".join(f"message {i}\n" for i in range(10000)), timeout=240)
    a.wait("message", 120, text="message 9999")
    a.confab("read", conv)
    at = opened(desk, a, "bob")
    at.app.find("list item", "^bob, .*message 9999$")
    at.app.focus("list item", "^bob, .*message 9999$")
    for _ in range(60):
        at.app.key("Page_Up")
    at.app.find("list item", "^bob, .*message [0-8]...$")
    at.app.gone("list item", "^bob, .*message 9999$")
    at.shot("long-history")


if __name__ == "__main__":
    from desktop_person import STORIES
    run_stories(first_run, by_password, wrong_password, daemon_killed, talk, find, key_revoked, german, lookalike,
                alone, much_unread, narrow, low, long_history, *STORIES)
