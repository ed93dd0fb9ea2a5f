# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories of the desktop client about one person: what the panel beside a conversation does, and the end of one."""
from desk import at_desks
from desktop import RIGHT, WRONG, opened, two
from lab import check


def panel(desk, a):
    """Alice's window with the conversation with Bob, and its panel."""
    at = opened(desk, a, "bob")
    at.app.click("toggle button", "^Security$")
    at.app.find("panel", "^Security of this conversation$")
    return at


def do(at, name):
    """A deed of the panel, wherever it has been scrolled to."""
    at.app.focus("list item", f"^{name}$")
    at.app.key("Return")


@at_desks
def verify_again(lab, desk):
    """Two verify each other again from the panel: a wrong password says what is left, the right one is told to both"""
    a, b, _ = two(lab, talking=True)
    at = panel(desk, a)
    for typed, code in ((WRONG, 4), (RIGHT, 0)):
        if code:
            do(at, "Verify again")
        at.app.type("password text", "Password", RIGHT)
        at.app.click("push button", "^Verify$")
        at.app.find("label", "Waiting for bob")
        b.wait("request", purpose="verify", state="waiting")
        b.confab("accept", "alice", password=typed, code=code)
        if code:
            at.app.find("label", "2 tries are left")
            at.shot("verify-wrong")
    a.wait("conversation", change="verified")
    at.app.gone("password text", "Password")


@at_desks
def certify(lab, desk):
    """From the panel the key is certified in one's own keyring, and the panel says so"""
    a, b, _ = two(lab, talking=True)
    at = panel(desk, a)
    do(at, "Certify this key")
    at.app.find(None, "Nobody else learns that you have certified it")
    at.shot("certify")
    at.app.click("push button", "^Certify$")
    at.app.find("label", "^Certified: you, or people whom you trust")
    signatures = a.gpg("--with-colons", "--list-sigs", b.fpr).stdout.decode()
    check(a.fpr[-16:] in signatures, "gpg has the certification")


@at_desks
def disappearing(lab, desk):
    """What is to disappear is chosen in the panel, told to the other side, and does"""
    a, b, conv = two(lab, talking=True)
    at = panel(desk, a)
    a.confab("timer", conv, "5s")
    b.wait("conversation", expire_after=5)
    at.app.click("toggle button", "^Security$")
    at.app.type("text", "^Message to", "gone in a moment\n")
    at.app.find("list item", "^You, .*gone in a moment$")
    b.wait("message", text="gone in a moment")
    at.shot("disappearing")
    at.app.gone("list item", "gone in a moment")


@at_desks
def reach(lab, desk):
    """The line below the name leads to how somebody is reached; what fails, and what is used again, is told there"""
    a, b, _ = two(lab, talking=True)
    at = opened(desk, a, "bob")
    at.app.click("push button", "direct, LAN$")
    at.app.find("list item", "^Local network: in use")
    at.app.find("list item", "^Through a node: not needed")
    at.shot("reach")
    lab.net("detach", "h2")
    at.app.find("list item", "^Local network: failed")
    at.app.find("list item", "^Now")
    at.app.find("label", "does not answer$|^No way leads")
    at.app.find("list item", "^Through a node: not there")
    at.shot("reach-away")
    lab.net("attach", "h2")
    at.app.find("list item", "^Local network: in use")
    at.app.key("Escape")
    at.app.gone("list item", "^Local network")
    at.app.click("toggle button", "^Security$")
    do(at, "Look at the ways")
    at.app.find("list item", "^Local network: in use")


@at_desks
def closing(lab, desk):
    """A conversation is closed and deleted from its menu, after it was said what that means"""
    a, b, conv = two(lab, talking=True)
    at = opened(desk, a, "bob")
    at.app.click("toggle button", "^This conversation$")
    at.app.click(None, "^Close…$")
    at.app.find(None, "Nobody can write in it any more")
    at.shot("close")
    at.app.click("push button", "^Close$")
    b.wait("conversation", conversation=conv, state="closed")
    at.app.find("label", "You have closed this conversation")
    at.app.click("push button", "^Delete…$")
    at.app.click("push button", "^Delete$")
    at.app.gone("label", "You have closed this conversation")
    check(not a.confab("conversations").rows, "nothing is left of it")


STORIES = (verify_again, certify, disappearing, reach, closing)
