# SPDX-License-Identifier: GPL-3.0-or-later
"""The desktop client as people use it, by names and roles: every promise of a window has a story here."""
from desk import at_desks
from lab import open_conversation, run_stories, see_each_other

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
        app.find("label", "Verified by password")
    left.shot("open")


@at_desks
def wrong_password(lab, desk):
    """A wrong password is said on both sides, without blame, and another can be typed"""
    a, b, _ = two(lab)
    left, right = desk(a), desk(b)
    alice, bob = side_by_side(left, right)
    ask(alice, "bob", RIGHT)
    answer(bob, "alice", WRONG)
    for at in (left, right):
        at.app.find("label", "not the same")
    left.shot("wrong-asker")
    right.shot("wrong-answerer")


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


if __name__ == "__main__":
    run_stories(first_run, by_password, wrong_password, daemon_killed)
