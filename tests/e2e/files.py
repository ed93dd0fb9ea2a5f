# SPDX-License-Identifier: GPL-3.0-or-later
"""Files between real daemons: they arrive whole, under a name that does no harm, whatever happens on the way.

CF_FILE_KILLS=N kills in the story "kills" (3), CF_FILE_MIB=N the size of its file (192), CF_SEED=N its schedule;
CF_FILES_LONG=1: a hundred thousand small files, not three thousand.
"""
import glob
import hashlib
import os
import random
import re
import shutil
import statistics
import subprocess
import threading
import time

from durable import Writer, check_history, wait_settled
from lab import WAIT, Failed, check, open_conversation, run_stories, see_each_other, until

KILLS = int(os.environ.get("CF_FILE_KILLS", "3"))
MIB = int(os.environ.get("CF_FILE_MIB", "192"))
SEED = int(os.environ.get("CF_SEED", "1")) or random.SystemRandom().randrange(1, 1 << 30)
LONG = bool(os.environ.get("CF_FILES_LONG"))
BLOCK = 262144
MEGA = 1 << 20


class Pair:
    """Alice and Bob with an open conversation, and a folder each for what comes."""

    def __init__(self, lab):
        self.lab = lab
        self.a, self.b = lab.person("alice", "h1"), lab.person("bob", "h2")
        for person in (self.a, self.b):
            person.init()
            person.inbox = os.path.join(person.dir, "inbox")
            person.confab("config", "download-dir", person.inbox)
        see_each_other(self.a, self.b)
        self.conv = open_conversation(self.a, self.b)

    def other(self, person):
        return self.b if person is self.a else self.a

    def offer(self, sender, path):
        """The row of the sender, once the other side has been told of the offer."""
        row = sender.confab("send-file", self.conv, path).row
        told = self.other(sender).wait("message", message=row["message"], kind="file")
        check(told["attachment"]["transfer"] == row["transfer"] and told["direction"] == "in", f"the offer: {told}")
        return row

    def send(self, sender, path, seconds=WAIT):
        """PATH to the other side, whole: where it is there."""
        offer = self.offer(sender, path)
        self.other(sender).confab("accept-file", offer["transfer"])
        return self.finish(sender, offer["transfer"], seconds)

    def finish(self, sender, transfer, seconds=WAIT):
        """Until both sides say that it is done; where it is."""
        rows = [p.wait("transfer", seconds, transfer=transfer, state="done") for p in (self.other(sender), sender)]
        for row in rows:
            check(row["done"] == row["size"] and row["ended_at"] and row["rate"] == 0, f"at its end: {row}")
        return rows[0]["path"]

    def ended(self, transfer, state, people=None):
        rows = [p.wait("transfer", transfer=transfer, state=state) for p in (people or (self.a, self.b))]
        return rows[0] if len(rows) == 1 else rows


def fill(path, size, seed=0):
    """SIZE bytes, no block like another."""
    with open(path, "wb") as f:
        pattern = random.Random(seed).randbytes(min(size, BLOCK))
        for at in range(0, size, BLOCK):
            head = f"{seed} {at} ".encode()
            f.write((head + pattern[len(head):])[:min(BLOCK, size - at)])
    return path


def digest(path):
    h = hashlib.blake2b()
    with open(path, "rb") as f:
        while chunk := f.read(4 * MEGA):
            h.update(chunk)
    return h.hexdigest()


def same(left, right):
    check(os.path.getsize(left) == os.path.getsize(right) and digest(left) == digest(right), f"{right} differs from {left}")


def parts(person):
    """What is not finished, or was left behind."""
    return glob.glob(os.path.join(person.inbox, ".confab-*"))


def nothing_left(person):
    """The part of what was cancelled goes in a moment: a large one takes the disk some time, and nobody waits for that."""
    until(f"nothing in {person.inbox}", lambda: not os.listdir(person.inbox))


def moving(person, transfer, fraction=0.05, seconds=WAIT):
    """Until so much of it has gone; the daemon tells twice a second."""
    def matches(e):
        if e["event"] != "transfer" or e["transfer"] != transfer:
            return False
        if e["state"] in ("done", "failed", "cancelled"):
            raise Failed(f"it has ended before: {e}")
        return e["state"] == "active" and e["done"] >= fraction * e["size"]
    return person.events.wait_row(f"{fraction:.0%} of {transfer[:8]}", matches, seconds)


# ---- stories ----

def each_way(lab):
    """Files of every size, each way at once: whole, with their times, and nobody can execute them"""
    pair = Pair(lab)
    sizes = {"empty": 0, "one": 1, "block": BLOCK, "block and one": BLOCK + 1, "odd.tar.gz": 5 * MEGA + 12345}
    offers = []
    for sender in (pair.a, pair.b):
        for name, size in sizes.items():
            path = fill(os.path.join(sender.dir, name), size, len(offers))
            os.chmod(path, 0o755)
            os.utime(path, ns=(0, 1_700_000_000_123_456_789))
            offers.append((sender, path, pair.offer(sender, path)))
    for sender, _, row in offers:
        pair.other(sender).confab("accept-file", row["transfer"])
    for sender, path, row in offers:
        there = pair.finish(sender, row["transfer"])
        check(there == os.path.join(pair.other(sender).inbox, os.path.basename(path)), f"under its name: {there}")
        same(path, there)
        status = os.stat(there)
        check(not status.st_mode & 0o7111, f"{there}: mode {status.st_mode:o}")
        check(abs(status.st_mtime - 1_700_000_000.123) < 0.01, f"{there}: its time: {status.st_mtime}")
    for person in (pair.a, pair.b):
        check(not parts(person), f"left behind: {parts(person)}")
        rows = person.confab("transfers").rows
        check(len(rows) == len(offers) and all(r["state"] == "done" and r["size"] == r["done"] for r in rows), f"{rows}")
        history = [r for r in person.confab("history", pair.conv).rows if r["kind"] == "file"]
        check(len(history) == len(offers) and all(r["attachment"]["state"] == "done" for r in history), f"{history}")


def names(lab):
    """Names in any bytes: each comes under one that is harmless, nothing is overwritten, nothing leaves the folder"""
    pair = Pair(lab)
    hostile = [b"plain.txt", "ä 你好 👋.txt".encode(), b"-rf", b" a 'b' \"c\" $(touch x) ;d", b"new\nline\t.txt",
               b"\x1b[2Jescape", "gnp.\u202eexe.txt".encode(), b".hidden", b"trailing.", b"con.txt", b"NUL", b"a" * 255,
               "好".encode() * 85, b"%41%", b"...", b".confab-00000000.part",
               b"bad\xff\xfe.bin"]
    where = os.path.join(pair.a.dir, "out").encode()
    os.makedirs(where)
    for number, name in enumerate(hostile):
        path = os.path.join(where, name)
        fill(path, 1000 + number, number)
        done = subprocess.run([os.fsencode(w) for w in pair.a.argv("send-file", pair.conv)] + [b"--", path], env=pair.a.env,
                              capture_output=True, check=False)
        check(not done.returncode, f"{name!r}: {done.stderr!r}")
        told = pair.b.wait("message", kind="file")
        pair.b.confab("accept-file", told["attachment"]["transfer"])
        there = pair.b.wait("transfer", transfer=told["attachment"]["transfer"], state="done")["path"]
        base = os.path.basename(there)
        check(os.path.dirname(there) == pair.b.inbox and base and len(os.fsencode(base)) <= 255, f"{name!r}: {there!r}")
        check(base.isprintable() and not re.search("[/\u202a-\u202e\u2066-\u2069]", base) and base == base.strip(),
              f"{name!r} became {base!r}")
        check(base.split(".")[0].upper() not in ("CON", "NUL") and not base.startswith((".", "-")), f"{name!r} became {base!r}")
        same(path, there)
    found = os.listdir(os.fsencode(pair.b.inbox))
    check(len(found) == len(hostile), f"one file each: {sorted(found)}")
    again = os.path.join(where, b"plain.txt").decode()
    there = pair.send(pair.a, again)
    check(os.path.basename(there) == "plain (2).txt", f"a second of the name: {there}")


def folders(lab):
    """A folder: what is in it, with many small files; links, sockets and what can be executed stay behind"""
    pair = Pair(lab)
    count = 100_000 if LONG else 3000
    top = os.path.join(pair.a.dir, "project")
    for sub in ("empty/inside", "src", "src/deep/er"):
        os.makedirs(os.path.join(top, sub))
    for number in range(count):
        with open(os.path.join(top, "src/deep", f"{number:06}"), "w", encoding="ascii") as f:
            f.write(f"{number}\n" * (number % 50))
    fill(os.path.join(top, "src/large"), 3 * MEGA + 1)
    fill(os.path.join(top, "run.sh"), 100)
    os.chmod(os.path.join(top, "run.sh"), 0o4755)
    os.chmod(os.path.join(top, "src/large"), 0o640)
    for hostile in ("gnp.\u202eexe.txt", "x\x1b[2Jy", "two\nlines"):
        fill(os.path.join(top, "empty", hostile), 10)
    os.symlink("/etc/passwd", os.path.join(top, "link"))
    os.mkfifo(os.path.join(top, "pipe"))
    offer = pair.offer(pair.a, top)
    check(offer["kind"] == "directory" and offer["files"] == count + 5 and offer["skipped"] == 2, f"{offer}")
    begun = time.monotonic()
    pair.b.confab("accept-file", offer["transfer"])
    there = pair.finish(pair.a, offer["transfer"], 300)
    print(f"# {count} small files in {time.monotonic() - begun:.1f} s")
    check(there == os.path.join(pair.b.inbox, "project"), f"{there}")
    os.unlink(os.path.join(top, "link"))
    os.unlink(os.path.join(top, "pipe"))
    for hostile in os.listdir(os.path.join(top, "empty")):
        seen = "".join("_" if c in "\u202e\x1b\n" else c for c in hostile)
        os.rename(os.path.join(top, "empty", hostile), os.path.join(top, "empty", seen))
    done = subprocess.run(["diff", "-r", top, there], capture_output=True, text=True, check=False)
    check(not done.returncode, f"diff -r: {done.stdout[:500]} {done.stderr[:500]}")
    check(os.path.isdir(os.path.join(there, "empty/inside")), "an empty folder is there")
    check(not os.stat(os.path.join(there, "run.sh")).st_mode & 0o7111, "nothing can be executed")
    modes = [os.stat(os.path.join(there, name)).st_mode & 0o777 for name in ("src/large", "run.sh", "src")]
    check(modes == [0o640, 0o644, 0o755], f"modes are kept: {[oct(mode) for mode in modes]}")
    check(not parts(pair.b), f"left behind: {parts(pair.b)}")


def sparse(lab):
    """64 GiB of holes take no room and no time"""
    pair = Pair(lab)
    path = os.path.join(pair.a.dir, "disk.img")
    with open(path, "wb") as f:
        f.write(b"begin")
        f.seek(17 << 30)
        f.write(b"in the middle")
        f.truncate(64 << 30)
    if os.stat(path).st_blocks * 512 > MEGA:
        print("# this file system keeps no holes: nothing to try")
        return
    begun = time.monotonic()
    there = pair.send(pair.a, path, 60)
    print(f"# 64 GiB of holes in {time.monotonic() - begun:.1f} s")
    status = os.stat(there)
    check(status.st_size == 64 << 30 and status.st_blocks * 512 < 4 * MEGA, f"{status.st_size} bytes, {status.st_blocks} blocks")
    with open(there, "rb") as f:
        check(f.read(6) == b"begin\0", "its beginning")
        f.seek(17 << 30)
        check(f.read(14) == b"in the middle\0", "its middle")


def kills(lab):
    """Either daemon is killed while a file is on its way and both write: it is whole, and each message there once"""
    print(f"# CF_SEED={SEED} CF_FILE_KILLS={KILLS} CF_FILE_MIB={MIB}")
    pair, rng = Pair(lab), random.Random(SEED)
    lab.net("slow", "h2", str(min(400_000, 6_000_000 // KILLS)))  # so that it lasts for all of them
    path = fill(os.path.join(pair.a.dir, "large"), MIB * MEGA + 77)
    offer = pair.offer(pair.a, path)
    transfer, kept, pause = offer["transfer"], [], threading.Event()
    cursor = pair.b.confab("status").row["cursor"]
    pair.b.confab("accept-file", transfer)
    people = pair.a, pair.b
    writers = [Writer(person, random.Random(rng.random()), pair.conv) for person in people]
    for number in range(KILLS):
        # The first time so much has come that some of it must have been kept; else at any moment after there is more.
        wanted = 100 * MEGA if not number else kept[-1] + 1
        row = pair.b.events.wait_row("blocks", lambda e, w=wanted: e["event"] == "transfer" and (
            e["state"] == "done" or e["done"] >= w), 60)
        if row["state"] == "done":
            print(f"# it was done after {number} kills")
            break
        pause.wait(rng.random() * 0.8 if number else 0)
        victim = rng.choice(people) if number else pair.b
        since = pair.b.confab("status").row["cursor"]  # not from the beginning: all that was written would be read each time
        victim.kill_daemon()
        victim.confab("status")  # it starts on demand
        victim.follow()
        pair.b.follow(since)
        row = pair.b.confab("transfer", transfer).row
        kept.append(row["done"])
        check(row["state"] != "failed" and (number or row["done"] > 30 * MEGA), f"after kill {number + 1}: {row}")
        if row["state"] == "done":
            break
    print(f"# of {MIB} MiB there were after each: {[round(n / MEGA) for n in kept]}")
    lab.net("slow", "h2", "400000")
    pair.b.follow(cursor)
    there = pair.b.wait("transfer", 120, transfer=transfer, state="done")["path"]
    same(path, there)
    check(not parts(pair.b), f"left behind: {parts(pair.b)}")
    pair.a.follow(0)
    pair.a.wait("transfer", transfer=transfer, state="done")
    for writer in writers:
        writer.stop()
    rows = [[row for row in own if row["kind"] == "text"] for own in wait_settled(people, pair.conv)]
    for i, person in enumerate(people):
        check_history(person, people[1 - i], rows[i], writers[i], writers[1 - i])
    print(f"# messages meanwhile: {[len(w.promised) for w in writers]}")


def moves(lab):
    """The cable is pulled, the address changes: the file goes on by itself"""
    pair = Pair(lab)
    lab.net("slow", "h2", "400000")
    path = fill(os.path.join(pair.a.dir, "large"), 96 * MEGA)
    offer = pair.offer(pair.a, path)
    pair.b.confab("accept-file", offer["transfer"])
    moving(pair.b, offer["transfer"])
    lab.net("cut", "h2")
    lab.net("mend", "h2")
    moving(pair.b, offer["transfer"], 0.3, 60)
    lab.net("renumber", "h2", "77")
    same(path, pair.finish(pair.a, offer["transfer"], 90))


def pauses(lab):
    """Paused and resumed by either side, over a restart too; who watches is told of each"""
    pair = Pair(lab)
    watching = pair.a.start("transfers", "--watch")
    lab.net("slow", "h2", "400000")
    path = fill(os.path.join(pair.a.dir, "large"), 64 * MEGA)
    offer = pair.offer(pair.a, path)
    transfer = offer["transfer"]
    pair.b.confab("accept-file", transfer)
    for me, by in ((pair.b, "us"), (pair.a, "peer")):
        moving(pair.b, transfer)
        check(me.confab("pause", transfer).row["state"] == "paused", "paused at once here")
        row = pair.b.wait("transfer", transfer=transfer, state="paused", paused_by=by)
        check(row["done"] < row["size"] and row["rate"] == 0, f"{row}")
        if me is pair.b:
            pair.a.wait("transfer", transfer=transfer, state="paused", paused_by="peer")
            me.kill_daemon()
            me.confab("status")
            me.follow()
            row = me.confab("transfer", transfer).row
            check(row["state"] == "paused" and row["paused_by"] == "us", f"still, after a restart: {row}")
        me.confab("resume", transfer)
    same(path, pair.finish(pair.a, transfer, 60))
    last = watching.wait_row("the end", lambda row: row["state"] == "done")
    states = [row["state"] for row in watching.seen]
    told = [state for state, before in zip(states, ["", *states]) if state != before]
    check(told[:6] == ["offered", "active", "paused", "active", "paused", "active"], f"who watches was told of {told}")
    check(last["transfer"] == transfer and last["done"] == last["size"], f"{last}")
    watching.stop()


def refusals(lab):
    """Refused, cancelled by either side, before and on the way: nothing is left, and both know"""
    pair = Pair(lab)
    lab.net("slow", "h2", "200000")
    path = fill(os.path.join(pair.a.dir, "large"), 64 * MEGA)
    first = pair.offer(pair.a, path)["transfer"]
    pair.b.confab("refuse-file", first)
    rows = pair.ended(first, "cancelled")
    check(rows[0]["reason"], f"the sender is told why: {rows[0]}")
    second = pair.offer(pair.a, path)["transfer"]
    pair.a.confab("cancel", second)
    pair.ended(second, "cancelled")
    check(pair.b.confab("accept-file", second, code=None).code == 1, "what was withdrawn cannot be taken")
    for who in (pair.a, pair.b):
        transfer = pair.offer(pair.a, path)["transfer"]
        pair.b.confab("accept-file", transfer)
        moving(pair.b, transfer)
        check(len(parts(pair.b)) == 1, f"one part: {parts(pair.b)}")
        who.confab("cancel", transfer)
        pair.ended(transfer, "cancelled")
        nothing_left(pair.b)
    last = pair.offer(pair.a, path)
    pair.a.confab("delete-message", pair.conv, last["message"])
    pair.b.wait("transfer", transfer=last["transfer"], state="cancelled")


def no_space(lab):
    """No room: said before it begins, and when it runs out on the way; with room, it goes on"""
    pair = Pair(lab)
    small = os.path.join(pair.b.dir, "small")
    os.makedirs(small)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m", "none", small], check=False).returncode:
        print("# no file systems can be mounted here: nothing to try")
        return
    path = fill(os.path.join(pair.a.dir, "large"), 200 * MEGA)
    offer = pair.offer(pair.a, path)
    refused = pair.b.confab("accept-file", offer["transfer"], "--to", small, code=None)
    check(refused.code and "space" in refused.error["message"] + refused.error["hint"], f"{refused.err}")
    row = pair.b.confab("transfer", offer["transfer"]).row
    check(row["state"] == "offered" and row["reason"] and row["hint"] and row["can_retry"], f"it may be tried again: {row}")
    still = pair.b.confab("resume", offer["transfer"], code=None)
    check(still.code and "space" in still.error["message"], f"{still.err}")
    there = os.path.join(pair.b.dir, "roomy")
    pair.b.confab("accept-file", offer["transfer"], "--to", there)
    same(path, pair.finish(pair.a, offer["transfer"], 120))
    path = fill(os.path.join(pair.a.dir, "fits"), 50 * MEGA)
    offer = pair.offer(pair.a, path)
    filler = os.path.join(small, "filler")
    lab.net("slow", "h2", "200000")
    pair.b.confab("accept-file", offer["transfer"], "--to", small)
    moving(pair.b, offer["transfer"])
    with open(filler, "wb") as f:  # somebody else needs the room
        try:
            while True:
                f.write(bytes(MEGA))
                f.flush()
        except OSError:
            pass
    row = pair.b.wait("transfer", transfer=offer["transfer"], state="paused")
    check(row["reason"] and row["hint"] and row["can_retry"], f"it says what to do: {row}")
    os.unlink(filler)
    pair.b.confab("resume", offer["transfer"])
    same(path, pair.finish(pair.a, offer["transfer"], 60))


def sources(lab):
    """What is sent changes, or vanishes, before or on the way: both are told, and nothing wrong arrives"""
    pair = Pair(lab)
    lab.net("slow", "h2", "200000")
    for change in ("vanish", "grow"):
        path = fill(os.path.join(pair.a.dir, change), 48 * MEGA)
        transfer = pair.offer(pair.a, path)["transfer"]
        pair.b.confab("accept-file", transfer)
        moving(pair.b, transfer)
        if change == "vanish":
            os.unlink(path)
        else:
            with open(path, "ab") as f:
                f.write(b"more")
        for row in pair.ended(transfer, "failed"):
            check(row["reason"], f"why: {row}")
        check(not os.path.exists(os.path.join(pair.b.inbox, change)), "nothing under its name")
    path = fill(os.path.join(pair.a.dir, "rewritten"), 48 * MEGA)
    transfer = pair.offer(pair.a, path)["transfer"]
    pair.b.confab("accept-file", transfer)
    moving(pair.b, transfer)
    with open(path, "r+b") as f:  # as long as before: what was sent already is sent again
        for at in range(0, 48 * MEGA, 3 * BLOCK):
            f.seek(at)
            f.write(b"another")
    same(path, pair.finish(pair.a, transfer, 60))
    gone = fill(os.path.join(pair.a.dir, "gone"), MEGA)
    transfer = pair.offer(pair.a, gone)["transfer"]
    os.unlink(gone)
    pair.b.confab("accept-file", transfer)
    pair.ended(transfer, "failed")
    for bad, code in (("/dev/null", 1), (os.path.join(pair.a.dir, "nothing"), 1), ("-", 1)):
        check(pair.a.confab("send-file", pair.conv, bad, code=None).code == code, f"{bad} is no file")


def traps(lab):
    """Links and files in the folder for downloads: nothing is overwritten, nothing is followed"""
    pair = Pair(lab)
    os.makedirs(pair.b.inbox, exist_ok=True)
    precious = os.path.join(pair.b.dir, "precious")
    with open(precious, "w", encoding="ascii") as f:
        f.write("mine")
    path = fill(os.path.join(pair.a.dir, "trap"), MEGA)
    os.symlink(precious, os.path.join(pair.b.inbox, "trap"))
    transfer = pair.offer(pair.a, path)["transfer"]
    part = os.path.join(pair.b.inbox, f".confab-{transfer[:8].upper()}.part")
    for name in {part, part.lower().replace(pair.b.inbox.lower(), pair.b.inbox)}:
        os.symlink(precious, name)
    accepted = pair.b.confab("accept-file", transfer, code=None)
    if not accepted.code:  # it takes another name, or says that it cannot
        ends = lambda e: e["event"] == "transfer" and e["transfer"] == transfer and (  # noqa: E731
            e["state"] in ("done", "failed") or (e["state"] == "paused" and e["reason"]))
        row = pair.b.events.wait_row("an end", ends)
        if row["state"] == "done":
            same(path, row["path"])
            check(not os.path.islink(row["path"]) and os.path.basename(row["path"]) == "trap (2)", f"{row}")
    with open(precious, encoding="ascii") as f:
        check(f.read() == "mine", "what a link points at is as it was")
    with open(os.path.join(pair.b.inbox, "kept"), "w", encoding="ascii") as f:
        f.write("mine too")
    there = pair.send(pair.a, shutil.copy(path, os.path.join(pair.a.dir, "kept")))
    check(os.path.basename(there) == "kept (2)", f"{there}")
    with open(os.path.join(pair.b.inbox, "kept"), encoding="ascii") as f:
        check(f.read() == "mine too", "what was there is as it was")


def unasked(lab):
    """accept-files: small ones of a verified contact come by themselves, large ones wait"""
    pair = Pair(lab)
    pair.b.confab("config", "accept-files", "1M")
    small, large = fill(os.path.join(pair.a.dir, "small"), 500_000), fill(os.path.join(pair.a.dir, "large"), 2_000_000)
    waiting = pair.a.start("send-file", pair.conv, small, "--wait", "done")
    result = waiting.end()
    check(not result.code and result.row["state"] == "done", f"{result.code} {result.out} {result.err}")
    same(small, os.path.join(pair.b.inbox, "small"))
    offer = pair.offer(pair.a, large)
    check(pair.b.confab("transfer", offer["transfer"]).row["state"] == "offered", "a large one waits")
    late = pair.a.confab("--timeout", "1", "send-file", pair.conv, large, "--wait", "done", code=None)
    check(late.code == 6, f"what waits for an answer: {late.code} {late.err}")


def chat_beside(lab):
    """Messages stay quick while a file runs at full speed"""
    pair = Pair(lab)
    def latency(rounds):
        times = []
        for number in range(rounds):
            begun = time.monotonic()
            pair.a.confab("send", pair.conv, f"number {number}", "--wait", "delivered")
            times.append(time.monotonic() - begun)
        return statistics.median(times), max(times)
    idle, _ = latency(5)
    path = fill(os.path.join(pair.a.dir, "large"), 768 * MEGA)
    transfer = pair.offer(pair.a, path)["transfer"]
    pair.b.confab("accept-file", transfer)
    moving(pair.b, transfer, 0)
    busy, worst = latency(5)
    state = pair.b.confab("transfer", transfer).row
    print(f"# {idle * 1000:.0f} ms alone, {busy * 1000:.0f} ms beside a file (longest {worst * 1000:.0f} ms); the file: "
          f"{state['done'] / MEGA:.0f} MiB, {state['state']}")
    check(busy < 6 * idle + 0.5, f"{busy:.3f} s beside a file, {idle:.3f} s alone")
    pair.b.confab("cancel", transfer, code=None)


if __name__ == "__main__":
    run_stories(each_way, names, folders, sparse, kills, moves, pauses, refusals, no_space, sources, traps, unasked, chat_beside)
