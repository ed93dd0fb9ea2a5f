# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile cases of files, in a conversation that is right: the other side offers, sends and asks what it should not."""
import os
import re

from hostile_talk import Request
from hostile_world import ACK, BULK, ENVELOPE, Err, Keys, case, hash_of, u32, u64, wait_until
from lab import check

GET, STATE, LEAVES = 37, 38, 39
BLOCK, ZEROS, SAID = 1, 2, 3  # on the bulk channel
SIZE, PIECE = 262144, 65536
CHACHA = 2
SENDER, RECEIVER = 1, 2
IDLE, ACTIVE, PAUSED, COMPLETE, DONE, CANCELLED, REFUSED, FAILED, UNKNOWN = range(1, 10)


def conversation(w):
    """An open one, in which everything until now was right."""
    if not getattr(w, "filer", None):
        r = w.filer = getattr(w, "open", None) or Request(w, w.lab.person("trudy", "h3"), Keys(w.hands)).talk()
        if hasattr(w, "open"):  # its tunnel went with the group that opened it
            r.tunnel, r.kept = w.link(r.person, r.keys), []
            r.tunnel.awake(True)
        w.inbox = os.path.join(w.alice.dir, "inbox")
        w.alice.confab("config", "download-dir", w.inbox)
    return w.filer


class File:
    """An offer to Alice, and all that can be said of it, rightly or not."""

    def __init__(self, w, contents=b"", name="file", manifest=b"", **lies):
        self.w, self.r, self.stream = w, conversation(w), manifest + contents
        self.key, self.run = os.urandom(32), os.urandom(16)
        fields = {"Key": self.key.hex(), "Size": len(contents), "Data": len(contents), "Manifest": len(manifest), "Files": 1,
                  "Modified": "2026-01-01T00:00:00.000Z",
                  "Media-Type": "inode/directory" if manifest else "application/octet-stream", "Name": name}
        fields.update({k.replace("_", "-"): v for k, v in lies.items()})
        self.body = "".join(f"{k}: {v}\n" for k, v in fields.items() if v is not None)

    def offer(self):
        self.id = self.r.tell("file", self.body)
        wait_until("she knows of it", lambda: self.rows())
        return self

    def accept(self, code=0):
        return self.w.alice.confab("accept-file", self.id.hex(), code=code)

    def rows(self):
        return [row for row in self.w.client.call("TRANSFERS --all") if row["transfer"] == self.id.hex()]

    def wait(self, *states):
        wait_until(f"it is {states}", lambda: self.rows()[0]["state"] in states)
        return self.rows()[0]

    # --- frames ---
    def asked(self, kind=GET):
        """What she asks for: first, count."""
        while True:
            body = self.r.hear(kind)
            if body[:16] == self.id:
                return int.from_bytes(body[16:24], "big"), int.from_bytes(body[24:28], "big")

    def block(self, index):
        return self.stream[index * SIZE:(index + 1) * SIZE]

    def seal(self, kind, index, plain, count=None, run=None, key=None):
        run = run or self.run
        secret = hash_of("file block", self.id, run, key=key or self.key)
        ad = bytes([kind]) + run + bytes([CHACHA, 0]) + u64(index) + (u32(count) if count is not None else b"")
        return self.w.hands.data("aead", secret, u32(kind) + u64(index), ad, plain)[0]

    def bulk(self, kind, index, sealed, count=None, run=None, suite=CHACHA, times=1):
        head = bytes([kind]) + self.r.id + self.id + (run or self.run) + bytes([suite, 0]) + u64(index)
        self.r.tunnel.send(BULK, head + (u32(count) if count is not None else b"") + sealed, times)

    def send(self, index, plain=None):
        self.bulk(BLOCK, index, self.seal(BLOCK, index, self.block(index) if plain is None else plain))

    def serve(self, alter=None):
        """What she asks for next, ALTERed."""
        first, count = self.asked()
        for index in range(first, first + count):
            self.send(index, alter(self.block(index)) if alter else None)

    @staticmethod
    def top(data):
        level = [hash_of("file leaf", data[at:at + PIECE]) for at in range(0, len(data), PIECE)]
        while len(level) > 1:
            level = [hash_of("file node", *level[i:i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
        return level[0] if level else bytes(32)

    def leaf(self, index):
        return self.top(self.block(index))

    def root(self):
        return hash_of("file root", u64(len(self.stream)), self.top(self.stream))

    def end(self, root=None, size=None):
        self.r.tell("file-end", f"Root: {(root or self.root()).hex()}\nSize: {len(self.stream) if size is None else size}\n",
                    reply=self.id)

    def state(self, state, role=SENDER, detail=0, tag=None):
        right = hash_of("file state", self.id, bytes([role]), bytes([state]), bytes([detail]), self.r.tunnel.hash, key=self.key)
        self.r.say(STATE, self.id + bytes([role, state, detail]) + (tag or right))

    def right(self):
        """All of it as it should be, until she has it."""
        while True:
            kind, body = self.r.hear_one(GET, STATE)
            if body[:16] == self.id and kind == STATE and body[17] == COMPLETE:
                break
            if body[:16] == self.id and kind == GET:
                first, count = int.from_bytes(body[16:24], "big"), int.from_bytes(body[24:28], "big")
                for index in range(first, first + count):
                    self.send(index)
        self.end()
        return self.wait("done")["path"]


def fails(file, name):
    """It has failed, says why, and nothing of it is left."""
    row = file.wait("failed")
    check(row["reason"], f"she is told why: {row}")
    check(not os.path.exists(os.path.join(file.w.inbox, name)), "nothing has that name")
    part = f".confab-{file.id.hex()[:8]}.part"
    wait_until("the part is gone", lambda: part not in [n.lower() for n in os.listdir(file.w.inbox)])


@case("files", "offers that are none", envelope_content=14)
def files_offers(w):
    r = conversation(w)
    good = File(w, b"x")
    for lies in ({"Name": "a/b"}, {"Name": ".."}, {"Name": ""}, {"Name": "%00"}, {"Name": "%2Fetc"}, {"Name": "%41"},
                 {"Name": "x" * 256}, {"Size": 2**53}, {"Size": -1}, {"Size": "01"}, {"Data": 2}, {"Files": 1_000_001},
                 {"Manifest": 33_554_433}, {"Media_Type": "Text/x"}, {"Key": "00"}, {"Key": "A" * 64}, {"Modified": "today"}):
        sealed = r.sealed(r.padded(r.entry(File(w, b"x", **lies).body, kind="file")))
        r.envelope(r.sequence + 1, sealed)
    good.offer().accept()
    with open(good.right(), "rb") as f:
        check(f.read() == b"x", "and a right one arrives")


@case("files", "names to be afraid of: harmless where they are shown, and on the disk")
def files_names(w):
    for name in ("gnp.\u202eexe.sh", "%1B[2J", "con.txt", " ..", "-rf", "a%0Ab", ".bashrc", "\u200b"):
        file = File(w, b"data", name=name).offer()
        shown = file.rows()[0]["name"]
        file.accept()
        path = file.right()
        base = os.path.basename(path)
        check(os.path.dirname(path) == w.inbox and re.sub(r" \(\d+\)", "", base) == shown, f"{name!r} is {path!r}, shown as {shown!r}")
        check(base.isprintable() and base.strip() == base and base[0] not in ".-" and base != "con.txt", f"{name!r} is {base!r}")


@case("files", "blocks that are wrong, unasked, cut, of no transfer: asked for again, and then whole", transfer_block=2,
      transfer_unasked=1, transfer_malformed=2, transfer_unknown=1)
def files_blocks(w):
    file = File(w, os.urandom(5 * SIZE + 100)).offer()
    before = w.refused().get("transfer.unasked", 0)
    file.send(0)  # before she has said that she wants it; it must not come after that
    wait_until("it is refused", lambda: w.refused().get("transfer.unasked", 0) > before)
    file.accept()
    first, count = file.asked()
    check((first, count) == (0, 6), f"she asks for all six: {first} {count}")
    file.send(9)
    file.bulk(BLOCK, 0, file.seal(BLOCK, 0, file.block(0), key=bytes(32)))
    file.bulk(BLOCK, 1, file.seal(BLOCK, 2, file.block(2)))
    file.bulk(BLOCK, 2, file.seal(BLOCK, 2, file.block(2)), suite=7)
    file.bulk(BLOCK, 2, b"short")
    other = File(w)
    other.id = os.urandom(16)
    other.bulk(BLOCK, 0, file.seal(BLOCK, 0, file.block(0)))
    for index in range(2, 6):
        file.send(index)
    with open(file.right(), "rb") as f:
        check(f.read() == file.stream, "what was right is there")


@case("files", "a root that is no root of it, leaves that do not make it, contents that are not those of the root",
      transfer_content=2)
def files_roots(w):
    liar = File(w, os.urandom(2 * SIZE), name="liar").offer()
    liar.accept()
    liar.serve()
    for _ in range(3):  # each root may be the right one at last
        liar.end(os.urandom(32))
        try:
            first, count = liar.asked(LEAVES)
            liar.bulk(SAID, first, liar.seal(SAID, first, os.urandom(32 * count)))
        except Err:
            break
    fails(liar, "liar")
    swapped = File(w, os.urandom(2 * SIZE), name="swapped").offer()
    swapped.accept()
    swapped.serve(alter=lambda block: bytes([block[0] ^ 1]) + block[1:])
    swapped.end()
    for round_ in range(5):
        first, count = swapped.asked(LEAVES)
        swapped.bulk(SAID, first, swapped.seal(SAID, first, b"".join(swapped.leaf(i) for i in range(first, first + count)),
                                               run=(run := os.urandom(16))), run=run)
        swapped.run = os.urandom(16)
        if round_ < 3:
            wait_until("she asks again, or gives it up", lambda: swapped.rows()[0]["state"] in ("active", "failed"))
        if swapped.rows()[0]["state"] == "failed":
            break
        swapped.serve(alter=lambda block: bytes([block[0] ^ 2]) + block[1:])
    fails(swapped, "swapped")


@case("files", "manifests that lead out, lie, or never end", transfer_content=9)
def files_manifests(w):
    mtime = "1700000000.000000000"
    f = lambda path, size=1: f"f 644 {mtime} {size} {path}\n"  # noqa: E731
    d = lambda path: f"d 755 {mtime} {path}\n"  # noqa: E731
    for number, (text, size, files) in enumerate((
            (f("../evil"), 1, 1), (f("/etc/evil"), 1, 1), (d("a") + f("a/../../evil"), 1, 1), (f("evil%2Fx"), 1, 1),
            (f("a") + f("a"), 2, 2), (f("A") + f("a"), 2, 2), (f("a") + f("a/b"), 2, 2), (f("b/a"), 1, 1),
            (f("a", 5), 1, 1), (f("a"), 1, 7), (f("b") + f("a"), 2, 2), ("x" * 5000, 1, 1), (f("a" * 256), 1, 1),
            ("".join(d("/".join("d" * (n + 1))) for n in range(70)) + f("e"), 1, 1))):
        name = f"folder{number}"
        file = File(w, bytes(b"x" * size), name=name, manifest=text.encode(), Files=files).offer()
        if file.accept(code=None).code:
            continue  # said at once
        file.serve()
        fails(file, name)
    endless = File(w, b"x", name="endless", manifest=b"f", Manifest=33_554_432, Data=0).offer()
    endless.accept()
    first, count = endless.asked()
    for index in range(first, first + count):
        endless.send(index, b"f" * SIZE)
    wait_until("it goes on, or was given up", lambda: endless.rows()[0]["done"] == 0)
    w.alice.confab("cancel", endless.id.hex(), code=None)
    for place in (w.alice.dir, os.path.dirname(w.inbox), w.inbox, "/etc"):
        check("evil" not in os.listdir(place), f"something got out into {place}")


@case("files", "sizes that cannot be: eight petabytes of zeroes, and more of them than there are", transfer_malformed=1)
def files_sizes(w):
    huge = File(w, name="huge", Size=2**53 - 1, Data=0).offer()
    check(huge.accept(code=None).code in (1, 2, 3, 0), "an answer")
    w.alice.confab("cancel", huge.id.hex(), code=None)
    large = File(w, name="claims", Size=10**15, Data=10**15).offer()
    refused = large.accept(code=None)
    check(refused.code and "DISK_FULL" in refused.err, f"no disk has a petabyte: {refused.out} {refused.err}")
    zeros = File(w, bytes(3 * SIZE), name="zeros", Data=0).offer()
    zeros.accept()
    first, _ = zeros.asked()
    zeros.bulk(ZEROS, first, zeros.seal(ZEROS, first, b"", 2**20), 2**20)
    zeros.run = os.urandom(16)
    zeros.bulk(ZEROS, first, zeros.seal(ZEROS, first, b"", 3), 3)
    zeros.end()
    check(os.path.getsize(zeros.wait("done")["path"]) == 3 * SIZE, "three blocks of them arrive")


@case("files", "states that are forged, of another tunnel, of another's role, or that never end", transfer_tag=2,
      transfer_unexpected=2, transfer_unknown=1, transfer_flood=1)
def files_states(w):
    file = File(w, os.urandom(SIZE), name="states").offer()
    file.state(CANCELLED, tag=os.urandom(32))
    file.state(FAILED, detail=1, tag=hash_of("file state", file.id, bytes([SENDER]), bytes([FAILED]), bytes([1]), os.urandom(32),
                                             key=file.key))
    file.state(DONE, role=RECEIVER)
    file.state(COMPLETE, role=SENDER)
    check(file.rows()[0]["state"] == "offered", f"nothing of that counts: {file.rows()}")
    stranger = File(w)
    stranger.id = os.urandom(16)
    stranger.state(DONE)
    for _ in range(200):
        file.state(PAUSED)
        file.state(IDLE)
    w.alice.confab("refuse-file", file.id.hex(), code=None)


@case("files", "more offers than anybody looks at", transfer_full=1)
def files_full(w):
    for number in range(70):
        file = File(w, b"x", name=f"offer {number}")
        file.id = file.r.tell("file", file.body)
    rows = [row for row in w.client.call("TRANSFERS --all") if row["name"].startswith("offer ")]
    check(sum(row["state"] == "offered" for row in rows) <= 64, "64 of them wait")
    check(sum(row["state"] == "failed" for row in rows) >= 6, "the others are there, and say why")


def taken(r):
    """What she says next, acknowledged: only so many are on their way at once."""
    body = r.hear(ENVELOPE)
    plain = r.person.gpg("--pinentry-mode", "loopback", "--passphrase", "", "-d", data=body[8:]).stdout
    last = u64(int(re.findall(rb"^Sequence: (\d+)$", plain, re.MULTILINE)[-1]))
    r.say(ACK, body[:8] + hash_of("taken", body[:8], last, key=hash_of("ack", plain)) + last)
    return plain


@case("files", "who is sent a file asks for too much, for what is not there, and reads none of it", transfer_unexpected=1, transfer_unknown=1,
      transfer_credit=4)
def files_credit(w):
    r = conversation(w)
    path = os.path.join(w.alice.dir, "outgoing")
    with open(path, "wb") as f:
        f.write(os.urandom(SIZE) * 400)
    row = w.alice.confab("send-file", r.id.hex(), path, "--wait", "queued").row
    transfer = bytes.fromhex(row["transfer"])
    file, found = File(w), None
    while not found:  # the offer has the key of the blocks
        plain = taken(r)
        found = re.search(rb"Message-ID: " + row["transfer"].encode() + rb"\n.*?\nKey: (\w{64})\n", plain, re.DOTALL)
    file.id, file.key = transfer, bytes.fromhex(found.group(1).decode())

    def ask(first, count):
        r.say(GET, transfer + u64(first) + u32(count))

    ask(0, 1)  # nothing was accepted
    r.tunnel.awake(False)
    file.state(ACTIVE, role=RECEIVER)
    ask(0, 100_000)
    ask(2**63, 2)
    ask(399, 64)
    for _ in range(100):
        ask(0, 64)
    r.say(LEAVES, transfer + u64(0) + u32(2**31))
    r.say(LEAVES, os.urandom(16) + u64(0) + u32(1))
    w.talk.wait_more(2)  # nobody waits for him
    r.tunnel.awake(True)
    w.alice.confab("cancel", row["transfer"], code=None)
