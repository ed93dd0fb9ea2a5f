# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile cases inside links: the password gate, and messages of a conversation that is right."""
import os
import re
import time

from hostile_world import (ACCEPT, ACK, DONE, ENVELOPE, KEY, NEED, OPEN, OPENED, READ, RECEIVED, REFUSED, STATEMENT,
                           TA, TALK, TB, TYPING, WRONG, YA, YB, Err, Keys, case, fpr_bytes, hash_of, u16, u64, wait_until)
from lab import Failed, check

PASSWORD = "battery"


class Request:
    """A request of somebody to Alice, over a link of his own; any step can be done wrongly."""

    def __init__(self, w, person, keys=None, tunnel=None):
        self.w, self.person, self.keys = w, person, keys or w.keys
        self.tunnel = tunnel or w.link(person, self.keys)
        self.id, self.nonce = os.urandom(16), os.urandom(32)
        self.accepting = self.sid = None
        self.kept = []

    def say(self, kind, body=b"", times=1):
        self.tunnel.frame(kind, self.id, body, times)

    def hear_one(self, *kinds):
        """The next frame of one of KINDS, and its kind; others, which may come at any time, are kept for later."""
        for i, (kind, body) in enumerate(self.kept):
            if kind in kinds:
                del self.kept[i]
                return kind, body
        while True:
            channel, data = self.tunnel.message(15000)
            if channel == TALK and data[1:17] == self.id:
                if data[0] in kinds:
                    return data[0], data[17:]
                self.kept.append((data[0], data[17:]))

    def hear(self, *kinds):
        return self.hear_one(*kinds)[1]

    def open(self):
        self.say(OPEN, b"\1" + self.nonce + u16(0))
        self.hear(RECEIVED)
        return self

    def accepted(self):
        """Alice types the password; sid."""
        self.accepting = self.w.alice.start("accept", self.id.hex(), password=PASSWORD)
        nonce = self.hear(ACCEPT)
        self.sid = hash_of("sid", self.tunnel.hash, b"\1", self.id, self.nonce, nonce)
        return self

    def share(self, password=PASSWORD):
        w, mine, theirs = self.w, self.person.fpr, self.w.alice.fpr
        prs = w.hands.data("prs", password, mine, theirs)[0]
        ci = b"\1" + fpr_bytes(mine) + self.keys.public + fpr_bytes(theirs) + w.device
        return w.hands.data("cpace", "A", prs, ci, self.sid)[0]

    def tag(self, password=PASSWORD):
        """Up to the own tag, which is not said; it."""
        self.say(YA, self.share(password))
        self.isk, tag, self.theirs = self.w.hands.data("tags", self.hear(YB))
        return tag

    def refused(self):
        self.hear(REFUSED)
        check(self.accepting.end().code != 0, "who accepted hears of it")

    # --- the opening ---
    def make_key(self):
        common = ["--pinentry-mode", "loopback", "--passphrase", "", "--yes", "--status-fd", "1"]
        made = self.person.gpg(*common, "--quick-gen-key", "Confab conversation", "ed25519", "cert,sign", "never").stdout
        self.own_key = re.search(rb"KEY_CREATED \w (\w+)", made).group(1).decode()
        self.person.gpg(*common, "--quick-add-key", self.own_key, "cv25519", "encr", "never")
        return self.person.gpg("--export", "--export-options", "export-minimal", self.own_key).stdout

    def take_key(self, block):
        listing = self.person.gpg("--with-colons", "--show-keys", data=block).stdout.decode().splitlines()
        self.peer_key = next(line.split(":")[9] for line in listing if line.startswith("fpr:"))
        self.person.gpg("--import", data=block)

    def seal(self, block=None, statement=None, done=None):
        """The tags were right: the rest, of which each part can be another."""
        names = fpr_bytes(self.person.fpr) + fpr_bytes(self.w.alice.fpr)
        block = block or self.make_key()
        self.say(KEY, block)
        theirs = {}
        while set(theirs) != {KEY, STATEMENT}:
            kind, body = self.hear_one(KEY, STATEMENT, REFUSED)
            if kind == REFUSED:
                return False
            theirs[kind] = body
            if kind == KEY:
                self.take_key(body)
                signed = b"\0confab conversation v1" + self.sid + names + fpr_bytes(self.own_key)
                signed += fpr_bytes(self.peer_key)
                statement = statement or self.w.sign(self.person, signed, kind="conversation")
                self.say(STATEMENT, statement)
        secret = hash_of("conversation", self.isk[32:], self.sid, key=self.isk[:32])
        right = hash_of("done", b"A", self.sid, names, block, theirs[KEY], statement, theirs[STATEMENT], key=secret)
        self.say(DONE, done or right)
        return True

    def talk(self):
        """All of it, rightly: an open conversation."""
        self.open().accepted()
        self.say(TA, self.tag())
        check(self.hear(TB) == self.theirs, "her tag")
        check(self.seal(), "all is right so far")
        self.hear(OPENED)
        self.say(OPENED)
        check(self.accepting.end().row["conversation"] == self.id.hex(), "open")
        self.sequence, self.previous = 0, bytes(32)
        self.tunnel.awake(True)  # on a slow machine gpg takes longer than a daemon waits for a sign of life
        return self

    # --- messages ---
    def entry(self, text="hello", sequence=None, conv=None, to=None, previous=None, kind="text", reply=None, message=None):
        body = text.encode()
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z"
        kind = (f"In-Reply-To: {reply.hex()}\n" if reply else "") + f"Kind: {kind}"
        return (f"Message-ID: {(message or os.urandom(16)).hex()}\nConversation: {(conv or self.id).hex()}\n"
                f"To: {to or self.peer_key}, {self.own_key}\nSequence: {sequence or self.sequence + 1}\nDate: {now}\n"
                f"Previous: {(previous or self.previous).hex()}\n{kind}\n"
                f"Content-Type: text/plain; charset=utf-8\nContent-Length: {len(body)}\n\n").encode() + body + b"\n\n"

    @staticmethod
    def padded(entries):
        n = len(entries) + 18
        size = next((c for c in (512, 1024, 2048, 4096) if n <= c), None)
        if not size:
            step = (1 << (n.bit_length() - 1)) // 8
            size = -(-n // step) * step
        return entries + b"Padding: %07d\n\n" % (size - n) + b" " * (size - n)

    def sealed(self, plain, signer=None, recipients=None, sign=True, compress=False, more=()):
        args = []
        for key in recipients or (self.peer_key, self.own_key):
            args += ["-r", key]
        args += ["--sign", "--local-user", signer or self.own_key] if sign else []
        return self.person.gpg("--trust-model", "always", "--no-encrypt-to", "--digest-algo", "SHA512",
                               "--compress-algo", "zlib" if compress else "none", *more, "--encrypt", *args,
                               data=plain).stdout

    def envelope(self, number, sealed, times=1):
        self.say(ENVELOPE, u64(number) + sealed, times)

    def tell(self, kind, text, reply=None):
        """One more entry, rightly, until she has taken it; its id."""
        message = os.urandom(16)
        entry = self.entry(text, kind=kind, reply=reply, message=message)
        self.envelope(self.sequence + 1, self.sealed(self.padded(entry)))
        while int.from_bytes(self.hear(ACK)[-8:], "big") <= self.sequence:
            pass
        self.sequence, self.previous = self.sequence + 1, hash_of("entry", entry)
        return message


# --- the gate ---


@case("gate", "frames that are none, for requests that are none", frame_malformed=3, gate_malformed=4, gate_id=1,
      gate_unexpected=5)
def gate_frames(w):
    r = Request(w, w.mallory)
    for frame in (b"", bytes([OPEN]) + bytes(15), b"\x63" + bytes(16)):
        r.tunnel.send(TALK, frame)
    for kind, body in ((OPEN, b""), (OPEN, b"\x09" + bytes(34)), (OPEN, b"\1" + bytes(32) + u16(121) + bytes(121)),
                       (YA, bytes(31))):
        r.say(kind, body)
    r.tunnel.frame(OPEN, bytes.fromhex(w.conv), b"\1" + bytes(34))  # the id of Bob's conversation
    for kind, size in ((YA, 32), (YB, 32), (TA, 64), (DONE, 32), (KEY, 100)):
        r.say(kind, bytes(size))
    r.open()
    r.tunnel.close()


@case("gate", "everything too early", gate_unexpected=4)
def gate_early(w):
    r = Request(w, w.mallory).open()
    for kind, size in ((YA, 32), (KEY, 500), (STATEMENT, 100), (DONE, 32)):
        r.say(kind, bytes(size))
    r.say(REFUSED)
    r.tunnel.close()


@case("gate", "requests without end: received, and not shown", gate_flood=20)
def gate_flood(w):
    keys = Keys(w.hands)
    tunnel = w.link(w.eve, keys)
    for _ in range(30):
        Request(w, w.eve, keys, tunnel).open()
    shown = [row for row in w.client.call("REQUESTS") if row["fingerprint"] == w.eve.fpr]
    check(len(shown) <= 1, f"{len(shown)} requests of one person are shown")
    tunnel.close()


@case("gate", "shares that are none, and a second one", gate_share=2, gate_unexpected=1)
def gate_shares(w):
    for share in (bytes(32), b"\xff" * 32):
        r = Request(w, w.mallory).open().accepted()
        r.say(YA, share)
        r.refused()
        r.tunnel.close()
    r = Request(w, w.mallory).open().accepted()
    r.tag()
    r.say(YA, r.share())
    r.say(REFUSED)
    r.accepting.end()
    r.tunnel.close()


@case("gate", "her own share back", gate_share=1)
def gate_reflected(w):
    r = Request(w, w.mallory)
    asking = w.alice.start("open", w.mallory.fpr, password=PASSWORD)
    channel, frame = r.tunnel.message(15000)
    check(channel == TALK and frame[0] == OPEN, "her OPEN")
    r.id = frame[1:17]
    r.say(RECEIVED)
    r.say(ACCEPT, os.urandom(32))
    r.say(YB, r.hear(YA))
    r.hear(REFUSED)
    check(asking.end().code != 0, "it did not open")
    r.tunnel.close()


@case("gate", "a key, a statement, a last word that do not hold", gate_opening=3)
def gate_openings(w):
    secret = w.eve.gpg("--export-secret-keys", w.eve.fpr).stdout
    forged = w.sign(w.eve, b"whatever", kind="conversation")
    for wrong in ({"block": secret}, {"statement": forged}, {"done": bytes(32)}):
        r = Request(w, w.mallory).open().accepted()
        r.say(TA, r.tag())
        r.hear(TB)
        r.own_key = w.eve.fpr
        if r.seal(**wrong):
            r.hear(REFUSED)
        check(r.accepting.end().code != 0, f"not open after {list(wrong)}")
        r.tunnel.close()


@case("gate", "guesses: three, then silence, whatever the tunnel", gate_tag=3, gate_silenced=1)
def gate_guesses(w):
    guesser = w.lab.person("guesser", "h3")
    for n in range(3):
        r = Request(w, guesser, Keys(w.hands)).open().accepted()
        r.say(TA, r.tag(f"guess{n}"))
        r.hear(WRONG)
        check(r.accepting.end().code == 4, "she hears that it was wrong")
        r.tunnel.close()
    r = Request(w, guesser, Keys(w.hands)).open()  # received: nothing tells silence from somebody who is not at home
    check(not any(row["fingerprint"] == guesser.fpr for row in w.client.call("REQUESTS")), "it is not shown")
    r.tunnel.close()


@case("gate", "the frames of a run that was broken off, in the next one", gate_tag=1)
def gate_replayed(w):
    """The password is right; but the tag was made for another run, and who replays it need not know the password."""
    r = Request(w, w.lab.person("parrot", "h3"), Keys(w.hands)).open().accepted()
    share = r.share()
    r.say(YA, share)
    tag = w.hands.data("tags", r.hear(YB))[1]
    r.tunnel.close()
    r.tunnel, r.kept = w.link(r.person, r.keys), []
    r.say(OPEN, b"\1" + r.nonce + u16(0))
    r.hear(RECEIVED)
    r.hear(ACCEPT)
    r.say(YA, share)
    r.hear(YB)
    r.say(TA, tag)
    r.hear(WRONG)
    check(r.accepting.end().code == 4, "she hears that it was wrong")
    r.tunnel.close()


# --- messages ---


@case("messages", "frames that are none, and of others' conversations", message_malformed=4, message_conversation=2)
def messages_frames(w):
    r = w.open = Request(w, w.lab.person("trudy", "h3"), Keys(w.hands)).talk()  # whose requests are not too many yet
    for kind, body in ((TYPING, b"\2"), (ACK, bytes(10)), (NEED, u64(0)), (ENVELOPE, u64(0) + b"x")):
        r.say(kind, body)
    r.tunnel.frame(READ, bytes.fromhex(w.conv), u64(1))
    r.tunnel.frame(ENVELOPE, os.urandom(16), u64(1) + b"x")


@case("messages", "another signer, others who can read, nobody who signed, garbage", envelope_signature=3)
def messages_signed(w):
    r = w.open
    eve = w.block(w.eve)
    r.person.gpg("--import", data=eve)
    plain = r.padded(r.entry())
    for sealed in (r.sealed(plain, signer=r.person.fpr), r.sealed(plain, sign=False),
                   r.sealed(plain, recipients=(r.peer_key, r.own_key, w.eve.fpr)),
                   r.sealed(plain, recipients=(r.own_key, r.peer_key)), os.urandom(1000)):
        r.envelope(1, sealed)


@case("messages", "one that anybody can alter on its way: without integrity protection", envelope_signature=1)
def messages_unprotected(w):
    r = w.open
    sealed = r.sealed(r.padded(r.entry("altered")), more=("--rfc2440", "--disable-mdc", "--cipher-algo", "AES256"))
    listed = r.person.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--list-packets", data=sealed, check=False)
    check(b"encrypted data packet" in listed.stdout and b"mdc_method" not in listed.stdout, f"{listed.stdout}")
    before = w.refused().get("envelope.signature", 0)
    r.envelope(1, sealed)
    wait_until("it is refused", lambda: w.refused().get("envelope.signature", 0) > before)
    check(not any(row["text"] == "altered" for row in w.client.call(f"HISTORY {r.id.hex()}")), "it is not shown")


@case("messages", "what is signed does not fit", envelope_content=5)
def messages_content(w):
    r = w.open
    other = bytes.fromhex(w.conv)
    for plain in (r.padded(r.entry(conv=other)), r.padded(r.entry(to=r.own_key)), r.entry(), b"hello",
                  r.padded(r.entry(previous=b"\7" * 32))):
        r.envelope(1, r.sealed(plain))


@case("messages", "a bomb", envelope_large=1)
def messages_bomb(w):
    r = w.open
    r.envelope(1, r.sealed(bytes(64 << 20), compress=True))


@case("messages", "a gap, again and again; a replay; a message twice under one number", envelope_gap=2,
      envelope_content=1)
def messages_order(w):
    r = w.open
    late = r.sealed(r.padded(r.entry(sequence=5)))
    r.envelope(5, late, 2)
    r.hear(NEED)
    first = r.entry()
    sealed = r.sealed(r.padded(first))
    for _ in range(2):
        r.envelope(1, sealed)
        r.hear(ACK)
    r.envelope(1, r.sealed(r.padded(r.entry("something else"))))
    r.sequence, r.previous = 1, hash_of("entry", first)


@case("messages", "acknowledgements that prove nothing, read before it came, asked for without end", message_ack=1,
      message_read=1, message_need=20)
def messages_answers(w):
    r = w.open
    state = w.alice.confab("send", r.id.hex(), "are you there", "--wait", "sent").row
    r.hear(ENVELOPE)
    r.say(ACK, u64(1) + os.urandom(32) + u64(1))
    r.say(READ, u64(1000))
    r.say(NEED, u64(1), 40)
    r.say(NEED, u64(2**53 - 1), 5)
    shown = [row for row in w.client.call(f"HISTORY {r.id.hex()}") if row["message"] == state["message"]]
    check(shown[0]["state"] == "sent", f"{shown}")


@case("messages", "somebody who asks for much and reads none of it", message_need=5)
def messages_slow(w):
    r = w.open
    big = "x" * 200000
    for _ in range(10):
        w.alice.confab("send", r.id.hex(), "-", "--wait", "queued", stdin=big)
    r.tunnel.awake(False)
    r.say(NEED, u64(1), 30)
    w.talk.wait_more(1)  # nobody waits for him; his tunnel ends after 9 s without an answer
    r.tunnel.awake(True)
    try:
        for heard in range(10):
            if heard == 8:  # no more are under way without an acknowledgement; and most of what he asked was too fast
                r.say(NEED, u64(1))
            r.hear(ENVELOPE)  # and it is there when he reads
    except Err as err:
        raise Failed(f"what was not read is gone: {err}") from None


@case("messages", "typing, faster than anybody can", message_typing=900)
def messages_typing(w):
    r = w.open
    for _ in range(500):
        r.tunnel.hands.call("send", r.tunnel.n, TALK, bytes([TYPING]) + r.id + b"\1", 2)
        r.tunnel.hands.call("send", r.tunnel.n, TALK, bytes([TYPING]) + r.id + b"\0", 1)


@case("messages", "a megabyte, as fast as it goes, of somebody who may write", message_full=20)
def messages_flood(w):
    r = w.open
    big = r.sealed(b"x" * 900000)
    try:
        r.envelope(2, big, 60)
    except Err:
        pass
    entry = r.entry("heard again")
    right = r.sealed(r.padded(entry))

    def is_heard():
        r.envelope(2, right)
        return any(row["text"] == "heard again" for row in w.client.call(f"HISTORY {r.id.hex()}"))
    wait_until("he is heard again, repeating as an honest one does", is_heard)
    r.sequence, r.previous = 2, hash_of("entry", entry)


# --- guesses, when nobody asks Alice anything any more ---


@case("guesses", "strangers who guess at once, and one who wants two tunnels for it", gate_tag=3)
def guesses_parallel(w):
    """Each has the share that a guess needs before the first of them says his tag: each is counted all the same."""
    people = [(w.lab.person(f"stranger{n}", "h3"), Keys(w.hands)) for n in range(3)]
    ready = []
    for who in people:
        r = Request(w, *who).open().accepted()
        r.say(YA, r.share("guess"))
        ready.append((r, w.hands.data("tags", r.hear(YB))[1]))
    for r, tag in ready:
        r.say(TA, tag)
    for r, _ in ready:
        r.hear(WRONG)
        check(r.accepting.end().code == 4, "she hears that it was wrong")
    second, first = Keys(w.hands), ready[0][0]
    w.hellos[first.person.fpr, second.public] = w.hello(first.person, second, number=os.urandom(16))
    try:
        again = Request(w, first.person, second)  # his other device: the one tunnel goes, or the other does not stay
        again.open()
        first.open()
        raise Failed("two tunnels of one person stay")
    except Err:
        pass
    for r, _ in ready:
        r.tunnel.close()
