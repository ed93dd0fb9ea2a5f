# SPDX-License-Identifier: GPL-3.0-or-later
"""Two who are never there at the same time: what they write waits at a public node; each of the three is killed."""
import signal

from lab import Node, check, open_conversation, run_stories, see_each_other


def appear(person):
    """The daemon starts on demand; all its events, from the first on."""
    person.confab("status")
    person.follow(0)


def wait_held(sender, conv, text):
    row = sender.confab("send", conv, text, "--wait", "held", "--timeout", "60").row
    check(row["state"] == "held", f"held, not {row}")
    return row["message"]


def in_history(person, conv, texts):
    rows = person.confab("history", conv).rows
    check([r["text"] for r in rows] == texts, f"{person.name}'s history: {rows}")
    return rows


def never_together(lab):
    """One writes and is killed, the other reads, answers and is killed, and so on: everything once, and delivered"""
    node = Node(lab, "h3", "10.77.0.3")
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    for person in (a, b):
        person.init()
        person.confab("config", "nodes", node.name)
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.confab("send", conv, "one", "--wait", "delivered")
    b.kill_daemon()
    two = wait_held(a, conv, "two")
    a.kill_daemon()
    node.stop(signal.SIGKILL)
    node.start()
    appear(b)
    b.wait("message", text="two")
    three = wait_held(b, conv, "three")
    b.kill_daemon()
    appear(a)
    a.wait("message", text="three")
    a.wait("message_state", message=two, state="delivered")
    in_history(a, conv, ["one", "two", "three"])
    appear(b)  # they meet
    b.wait("message_state", message=three, state="delivered")
    rows = in_history(b, conv, ["one", "two", "three"])
    check(all(r["signature"] == "valid" for r in rows), f"{rows}")


if __name__ == "__main__":
    run_stories(never_together)
