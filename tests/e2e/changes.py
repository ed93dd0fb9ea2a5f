# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of messages later: replies, edits, reactions, deletions, messages that disappear; and what clients share."""
from lab import check, open_conversation, run_stories, see_each_other


def pair(lab):
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    return a, b, open_conversation(a, b)


def say(sender, receiver, conv, text, *options):
    sent = sender.confab("send", conv, text, "--wait", "delivered", *options).row["message"]
    receiver.wait("message", message=sent)
    return sent


def row_of(person, conv, message):
    return person.confab("message", conv, message).row


def changes(lab):
    """A reply, an edit, a reaction and a deletion: seen on both sides, and after both were restarted"""
    a, b, conv = pair(lab)
    first = say(a, b, conv, "Lunch at noon?")
    second = say(b, a, conv, "Yes", "--reply-to", first)
    quote = row_of(a, conv, second)["quote"]
    check(quote["message"] == first and quote["text"] == "Lunch at noon?" and quote["author"] == a.fpr, f"{quote}")

    edited = a.confab("edit", conv, first, "Lunch at one?").row
    check(edited["edited"] and edited["text"] == "Lunch at one?", f"{edited}")
    heard = b.wait("message_changed", message=first)
    check(heard["text"] == "Lunch at one?" and heard["edited"], f"{heard}")
    refused = b.confab("edit", conv, first, "No lunch", code=1).error
    check("Only your own messages" in refused["message"], f"only its author edits: {refused}")
    check([r["message"] for r in b.confab("search", "one").rows] == [first], "the new text is found")
    check(not b.confab("search", "noon").rows, "the old one is not")

    b.confab("react", conv, first, "👍")
    heard = a.wait("message_changed", message=first, text="Lunch at one?", reactions=[
        {"emoji": "👍", "author": b.fpr, "direction": "in"}])
    check(not heard["deleted"], f"{heard}")
    a.confab("react", conv, second, "🎉")
    b.wait("message_changed", message=second, reactions=[{"emoji": "🎉", "author": a.fpr, "direction": "in"}])
    a.confab("react", conv, second)
    b.wait("message_changed", message=second, reactions=[])

    gone = a.confab("delete-message", conv, first).row
    check(gone["deleted"] and gone["text"] == "", f"{gone}")
    b.wait("message_changed", message=first, deleted=True)
    for me in (a, b):
        me.kill_daemon()
        rows = me.confab("history", conv).rows
        check([(r["text"], r["deleted"], r["reactions"]) for r in rows] == [("", True, []), ("Yes", False, [])], f"{rows}")
        check(rows[1]["quote"]["deleted"] and rows[1]["quote"]["text"] == "", f"{rows[1]}")
        mails = [r["mail"] for r in me.confab("export", conv).rows]
        kept = [("BEGIN PGP MESSAGE" in m) for m in mails]
        check(not kept[0] and kept[1] and "No longer kept" in mails[0], f"what is no longer kept is said: {kept}")


def disappearing(lab):
    """With a timer, what was said disappears on both sides, and what came before it stays"""
    a, b, conv = pair(lab)
    say(a, b, conv, "This stays")
    check(a.confab("timer", conv, "3s").row["expire_after"] == 3, "the timer is set")
    b.wait("conversation", conversation=conv, expire_after=3)
    notice = b.confab("history", conv).rows[-1]
    check(notice["kind"] == "timer" and notice["expire_after"] == 3, f"{notice}")
    first = say(a, b, conv, "This does not")
    a.wait("message_removed", message=first)
    check(row_of(b, conv, first)["expires_at"] is None, "Bob has not read it")
    b.confab("read", conv)
    b.wait("message_removed", message=first)
    second = say(b, a, conv, "Nor does this")
    a.confab("read", conv)
    a.kill_daemon()  # its time goes on
    b.wait("message_removed", message=second)
    a.confab("start")
    a.follow(a.confab("status").row["cursor"])  # without a place, what comes before the client is there is missed
    rows = a.confab("history", conv).rows
    if second in [r["message"] for r in rows]:
        a.wait("message_removed", message=second)
    for me in (a, b):
        check([(r["kind"], r["text"]) for r in me.confab("history", conv).rows][:1] == [("text", "This stays")]
              and len(me.confab("history", conv).rows) == 2, f"{me.confab('history', conv).rows}")
        check(not me.confab("search", "this does").rows and not me.confab("search", "nor").rows, "nothing is found")
    check(b.confab("timer", conv, "off").row["expire_after"] is None, "and it is off again")
    a.wait("conversation", conversation=conv, expire_after=None)


def marks(lab):
    """Drafts, pins, silence and marks of one client are heard by another, and outlive the daemon"""
    a, _, conv = pair(lab)
    a.confab("draft", conv, "half a thought")
    a.wait("draft", conversation=conv, draft="half a thought")
    a.confab("pin", conv)
    a.wait("conversation", conversation=conv, pinned=True)
    a.confab("mute", conv, "--for", "2h")
    a.wait("conversation", conversation=conv, muted=True)
    a.confab("unread", conv)
    a.wait("conversation", conversation=conv, marked_unread=True)
    a.confab("config", "theme", "dark")
    a.wait("setting", key="theme", value="dark")
    a.kill_daemon()
    row = a.confab("conversations").row
    check(row["draft"] == "half a thought" and row["pinned"] and row["muted"] and row["muted_until"]
          and row["marked_unread"], f"{row}")
    a.confab("draft", conv, "")
    a.confab("unpin", conv)
    a.confab("unmute", conv)
    a.confab("read", conv)
    row = a.confab("conversations").row
    check(row["draft"] is None and not row["pinned"] and not row["muted"] and not row["marked_unread"], f"{row}")


if __name__ == "__main__":
    run_stories(changes, disappearing, marks)
