# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: find each other, open by password, talk; with real keys of four kinds."""
import mailbox
import os
from email.utils import parsedate_to_datetime

from lab import check, open_conversation, run_stories, say, see_each_other


def pair(lab, first="ed25519", second="ed25519"):
    a, b = lab.person("alice", "h1", first), lab.person("bob", "h2", second)
    a.init()
    b.init()
    see_each_other(a, b)
    return a, b


def talk_both_ways(a, b):
    conv = open_conversation(a, b)
    say(a, b, conv, "Hello Bob, 你好 👋")
    say(b, a, conv, "Hello Alice\nsecond line")
    for me, other in ((a, b), (b, a)):
        rows = me.confab("history", conv).rows
        check([r["text"] for r in rows] == ["Hello Bob, 你好 👋", "Hello Alice\nsecond line"], f"history: {rows}")
        check(all(r["signature"] == "valid" for r in rows), "every signature valid")
        row = me.confab("conversations").row
        check(row["state"] == "open" and row["peer"] == other.fpr and row["verified"], f"conversation: {row}")
    return conv


def rsa_with_brainpool(lab):
    """RSA-4096 talks with brainpool; an exported envelope opens with plain gpg"""
    a, b = pair(lab, "rsa4096", "brainpoolP256r1")
    conv = talk_both_ways(a, b)
    secret = b.confab("export", conv, "--secret").row
    path = os.path.join(b.dir, "mbox")
    with open(path, "w", encoding="ascii") as f:
        f.writelines(row["mail"] for row in b.confab("export", conv, "--format", "mbox").rows)
    mails, texts = list(mailbox.mbox(path, create=False)), ["Hello Bob, 你好 👋", "Hello Alice\nsecond line"]
    check(len(mails) == len(texts) and len({m["Message-ID"] for m in mails}) == len(texts), f"{len(mails)} mails")
    for mail, text in zip(mails, texts):  # RFC 3156, as a mail client takes it apart
        check(mail.get_content_type() == "multipart/encrypted"
              and mail.get_param("protocol") == "application/pgp-encrypted" and not mail.defects, f"{mail}")
        control, sealed = mail.get_payload()
        check(control.get_content_type() == "application/pgp-encrypted"
              and control.get_payload().strip() == "Version: 1", f"{control}")
        check(sealed.get_content_type() == "application/octet-stream", f"{sealed}")
        check(parsedate_to_datetime(mail["Date"]).tzinfo is not None, f"{mail['Date']}")
        done = b.gpg("--pinentry-mode", "loopback", "--passphrase", secret["passphrase"], "--status-fd", "2", "-d",
                     data=sealed.get_payload(decode=True), home=secret["homedir"])
        check(text.encode() in done.stdout, f"the text in {done.stdout!r}")
        check(b"GOODSIG" in done.stderr and b"VALIDSIG" in done.stderr, f"a good signature: {done.stderr!r}")


def nist_with_ed25519(lab):
    """NIST P-256 talks with Ed25519"""
    talk_both_ways(*pair(lab, "nistp256", "ed25519"))


def wrong_password(lab):
    """A wrong password ends with exit code 4 on both sides"""
    a, b = pair(lab)
    opening = a.start("open", b.fpr, password="right")
    request = b.wait("request", fingerprint=a.fpr)
    answer = b.confab("accept", request["request"], password="wrong", code=4)
    check(answer.error["error"] == "WRONG_PASSWORD", f"{answer.error}")
    result = opening.end()
    check(result.code == 4 and result.error["error"] == "WRONG_PASSWORD", f"{result.code} {result.err}")
    for me in (a, b):
        check(me.confab("conversations").rows == [], "no conversation is left")
        check(me.confab("requests").rows == [], "no request is left")
    open_conversation(a, b, "and now the right one")


def refused(lab):
    """A refused request ends with exit code 4 at the asker's"""
    a, b = pair(lab)
    opening = a.start("open", b.fpr, "--note", "lunch?", password="right")
    request = b.wait("request", fingerprint=a.fpr)
    check(request["note"] == "lunch?", f"the note: {request}")
    b.confab("refuse", request["request"])
    result = opening.end()
    check(result.code == 4 and result.error["error"] == "REFUSED", f"{result.code} {result.err}")


def expected(lab):
    """A password agreed beforehand opens by itself"""
    a, b = pair(lab)
    b.confab("expect", a.fpr, password="agreed at lunch")
    conv = a.confab("open", b.fpr, password="agreed at lunch").row["conversation"]
    b.wait("conversation", conversation=conv, state="open")
    say(b, a, conv, "as agreed")


def crossing(lab):
    """Both ask at once with the same password: one conversation"""
    a, b = pair(lab)
    first, second = a.start("open", b.fpr, password="same"), b.start("open", a.fpr, password="same")
    one, two = first.end().row["conversation"], second.end().row["conversation"]
    check(one == two, f"{one} {two}")
    say(a, b, one, "met in the middle")


def restarts(lab):
    """Either daemon is killed: messages wait, arrive once, in order"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    say(a, b, conv, "one")
    b.kill_daemon()
    queued = a.confab("send", conv, "two", "--wait", "queued").row
    check(queued["state"] in ("queued", "sent"), f"{queued}")
    b.confab("status")  # the daemon starts on demand
    b.follow(0)
    b.wait("message", text="two")
    a.wait("message_state", message=queued["message"], state="delivered")
    a.kill_daemon()
    a.confab("status")
    a.follow()
    see_each_other(a, b)
    say(b, a, conv, "three")
    texts = ["one", "two", "three"]
    for me in (a, b):
        check([r["text"] for r in me.confab("history", conv).rows] == texts, f"{me.name}'s history")


def cable(lab):
    """The cable is pulled and mended: what waited arrives"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    say(a, b, conv, "before")
    lab.net("cut", "h2")
    queued = a.confab("send", conv, "while it was out", "--wait", "queued").row
    lab.net("mend", "h2")
    b.wait("message", text="while it was out")
    a.wait("message_state", message=queued["message"], state="delivered")
    say(b, a, conv, "after")


def two_conversations(lab):
    """Two conversations with the same person, each with its own keys"""
    a, b = pair(lab)
    one, two = open_conversation(a, b, "first"), open_conversation(b, a, "second")
    check(one != two, "two ids")
    say(a, b, one, "in the first")
    say(a, b, two, "in the second")
    for me in (a, b):
        rows = me.confab("conversations").rows
        check(len({r["own_key"] for r in rows} | {r["peer_key"] for r in rows}) == 4, f"four keys: {rows}")
        check([r["text"] for r in me.confab("history", two).rows] == ["in the second"], "history is apart")
    ambiguous = a.confab("send", b.fpr, "which one?", code=1)
    check(ambiguous.error["error"] == "AMBIGUOUS_NAME", f"{ambiguous.err}")


def receipts(lab):
    """Read receipts and typing are shown"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    message = say(a, b, conv, "read me")
    b.confab("typing", conv, "on")
    a.wait("typing", conversation=conv)
    b.confab("read", conv)
    a.wait("message_state", message=message, state="read")
    check(b.confab("conversations").row["unread"] == 0, "nothing unread")


def many_lines(lab):
    """Thousands of lines at once: each a message, once, in order; those for who is away wait"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    lines = [f"line {i}" for i in range(5000)]
    rows = a.confab("send", conv, "--lines", "-", "--wait", "delivered", stdin="\n".join(lines) + "\n\n").rows
    check(len(rows) == len(lines) and {r["state"] for r in rows} == {"delivered"}, "a row for each, delivered")
    check([r["message"] for r in rows] == [r["message"] for r in whole_history(b, conv)], "all of them, in order")
    check([r["text"] for r in whole_history(b, conv)] == lines, "word for word")
    a.confab("send", conv, "--lines", "one", "two", code=1)
    a.confab("send", conv, "--lines", "--reply-to", rows[0]["message"], stdin="x\n", code=1)
    a.confab("send", conv, "--lines", stdin="\n\n", code=1)
    b.kill_daemon()
    rows = a.confab("send", conv, "--lines", "--wait", "delivered", "--timeout", "1", stdin="for\nlater\n", code=6).rows
    check([r["state"] in ("queued", "sent") for r in rows] == [True, True], f"they wait: {rows}")
    b.follow()
    a.wait("message_state", message=rows[1]["message"], state="delivered")
    check([r["text"] for r in b.confab("history", conv, "--limit", 3).rows] == ["line 4999", "for", "later"], "they came")


def whole_history(person, conv):
    rows, before = [], ()
    while True:
        page = person.confab("history", conv, "--limit", 1000, *before).rows
        if not page:
            return rows
        rows = page + rows
        before = ("--before", page[0]["message"])


def closing(lab):
    """Close is seen by the other side; delete destroys the key and the history"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    say(a, b, conv, "last words")
    a.confab("close", conv)
    b.wait("conversation", conversation=conv, state="closed")
    b.confab("send", conv, "too late", code=None)
    check(b.confab("history", conv).rows[-1]["text"] == "last words", "nothing after the close")
    own_key = a.confab("conversations").row["own_key"]
    a.confab("delete", conv)
    check(a.confab("conversations").rows == [], "gone")
    listing = a.gpg("--list-secret-keys", own_key, check=False, home=os.path.join(a.home, "gnupg"))
    check(listing.returncode != 0, "its secret key is gone")


def verified_at(me, conv):
    row = next(r for r in me.confab("conversations").rows if r["conversation"] == conv)
    check(row["state"] == "open" and row["verified"]["how"] == "password", f"verified by password: {row}")
    return row["verified"]["when"]


def verify_again(lab):
    """Two verify each other again: right, wrong, refused, and both at once"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    before = [verified_at(me, conv) for me in (a, b)]
    first = a.start("verify", conv, password="blue moon")
    request = b.wait("request", fingerprint=a.fpr, purpose="verify", conversation=conv)
    answer = b.confab("accept", request["request"], password="blue moon").row
    check(answer == {"conversation": conv, "peer": a.fpr, "state": "verified"}, f"{answer}")
    check(first.end().row == {"conversation": conv, "peer": b.fpr, "state": "verified"}, "the asker, too")
    b.wait("request_state", request=request["request"], state="verified")
    a.wait("conversation", conversation=conv, change="verified")
    after = [verified_at(me, conv) for me in (a, b)]
    check(after[0] > before[0] and after[1] > before[1], f"renewed: {before} {after}")
    wrong = b.start("verify", conv[:8], password="red")
    request = a.wait("request", fingerprint=b.fpr, purpose="verify")
    check(a.confab("accept", request["request"], password="blue", code=4).error["error"] == "WRONG_PASSWORD", "wrong")
    check(wrong.end().code == 4, "wrong at both sides")
    no = a.start("verify", "bob", password="x")
    request = b.wait("request", fingerprint=a.fpr, purpose="verify")
    b.confab("refuse", request["request"])
    check(no.end().code == 4, "refused")
    check([verified_at(me, conv) for me in (a, b)] == after, "nothing has changed by that")
    both = [a.start("verify", conv, password="same"), b.start("verify", conv, password="same")]
    check([r.end().row["state"] for r in both] == ["verified"] * 2, "both typed it themselves")
    say(a, b, conv, "it is still you")
    a.confab("close", conv)
    b.wait("conversation", conversation=conv, state="closed")
    check(b.confab("verify", conv, password="x", code=1).error["error"] == "CLOSED", "not a closed one")


def certifications(me, other):
    """What ME's own gpg shows of certifications of OTHER's key by ME: "sig!" and whether it is L, local."""
    lines = me.gpg("--check-sigs", other.fpr).stdout.decode().splitlines()
    return [line.split()[:2] for line in lines if line.startswith("sig!") and me.fpr[-16:] in line]


def certify(lab):
    """A verified contact's key is certified in the user's keyring, as gpg shows it"""
    a, b = pair(lab)
    refused_ = a.confab("certify", b.fpr, code=4)
    check(refused_.error["error"] == "NOT_TRUSTED", f"not before it is verified: {refused_.err}")
    check(a.fingerprints() == [a.fpr], "nothing was put into the keyring")
    open_conversation(a, b)
    row = a.confab("certify", "bob").row
    check(row["imported"] and not row["already"] and not row["exportable"] and row["validity"] == "full", f"{row}")
    check(row["user_id"] == "bob <bob@test.invalid>" and row["fingerprint"] == b.fpr, f"{row}")
    check([kind for _, kind in certifications(a, b)] == ["L"], f"local: {certifications(a, b)}")
    exported = b.gpg("--list-packets", data=a.gpg("--export", b.fpr).stdout).stdout
    check(a.fpr[-16:].encode() not in exported, "which does not leave the keyring")
    check(a.confab("certify", "bob").row["already"], "once is enough")
    check(a.confab("contacts").row["validity"] == "full", "and Confab shows it")
    a.confab("certify", "bob", "--exportable")
    check([kind for _, kind in certifications(a, b)] not in ([], ["L"]), f"exportable: {certifications(a, b)}")


def revoked(lab):
    """Device keys are revoked: the address is another, and the two go on talking, also after a restart"""
    a, b = pair(lab)
    conv = open_conversation(a, b)
    say(a, b, conv, "before")
    before = b.confab("status").row["address"]
    asked = b.confab("revoke-devices", code=1).error
    check("Nobody is there" in asked["message"] and b.confab("status").row["address"] == before, f"{asked}")
    row = b.confab("revoke-devices", "--yes").row
    check(row["fingerprint"] == b.fpr and row["address"].split(":")[2] != before.split(":")[2], f"{before} {row}")
    say(b, a, conv, "by the new key")
    say(a, b, conv, "so it is")
    for me in (a, b):
        me.kill_daemon()
        me.confab("start")
        me.follow(me.confab("status").row["cursor"])
    check(b.confab("status").row["address"] == row["address"], "the new key stays")
    see_each_other(a, b)
    say(b, a, conv, "after a restart")
    say(a, b, conv, "of both")


if __name__ == "__main__":
    run_stories(rsa_with_brainpool, nist_with_ed25519, wrong_password, refused, expected, crossing, restarts, cable,
                two_conversations, receipts, many_lines, closing, verify_again, certify, revoked)
