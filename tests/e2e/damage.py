# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on disk is damaged, missing or cannot be written: a clear error, nothing lost, and it works when mended."""
import os
import shutil
import subprocess
import threading
import time

from lab import WAIT, check, open_conversation, run_stories, see_each_other
from trouble import is_explained

PAGE = 4096


def two_who_talk(lab):
    """A conversation with a word of each; Alice's daemon is down."""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.confab("send", conv, "from alice", "--wait", "delivered")
    b.confab("send", conv, "from bob", "--wait", "delivered")
    stop(a)
    return a, b, conv


def stop(person):
    person.events.stop()
    person.events = None
    person.confab("stop")


def path(person, *names):
    return os.path.join(person.home, "store", *names)


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, data):
    with open(name, "r+b") as f:
        f.truncate(0)
        f.write(data)


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:]


def texts(person, conv):
    return [r["text"] for r in person.confab("history", conv).rows]


def works(a, b, conv, word):
    """All that was said is there, and the talk goes on."""
    check(texts(a, conv)[:2] == ["from alice", "from bob"], "all that was said is there")
    a.confab("send", conv, word, "--wait", "delivered")
    check(texts(b, conv)[-1] == word and texts(b, conv).count(word) == 1, f"{word} came once")


def refused(a, *name, error="STORE_DAMAGED", code=2, words=("backup",)):
    """Nothing works, and says why; what is on disk is not touched."""
    before = read(path(a, *name)) if name else None
    is_explained(a.confab("conversations", code=None), error, code, *words)
    a.confab("stop", code=None)
    check(not name or read(path(a, *name)) == before, "the damaged file is as it was")


def store(lab):
    """The store's first page, a page in its middle, its end: refused, kept, and whole again from a backup"""
    a, b, conv = two_who_talk(lab)
    whole = read(path(a, "db"))
    write(path(a, "db"), flip(whole, 0))  # the salt
    refused(a, "db")
    write(path(a, "db"), flip(whole, 2000))
    refused(a, "db")
    write(path(a, "db"), whole[:PAGE + 100])
    refused(a, "db")
    write(path(a, "db"), b"")
    refused(a, "db")
    os.rename(path(a, "db"), path(a, "db.away"))
    refused(a)
    check(not os.path.exists(path(a, "db")), "no new store in the place of the old one")
    os.rename(path(a, "db.away"), path(a, "db"))
    write(path(a, "db"), whole)
    works(a, b, conv, "mended")


def pages(lab):
    """Pages of the store, one after the other: either nothing needs it, or the damage is told and nothing made up"""
    a, b, conv = two_who_talk(lab)
    whole = read(path(a, "db"))
    told = 0
    for page in range(1, len(whole) // PAGE, max(1, len(whole) // PAGE // 6)):
        write(path(a, "db"), flip(whole, page * PAGE + 50))
        result = a.confab("history", conv, code=None)
        if result.code:
            check(result.error["error"] == "STORE_DAMAGED" and result.code == 2, f"page {page}: {result.error}")
            told += 1
        else:
            check(set(r["text"] for r in result.rows) <= {"from alice", "from bob"}, f"page {page}: {result.rows}")
        a.confab("stop", code=None)
        for name in ("db-wal", "db-journal"):
            if os.path.exists(path(a, name)):
                os.unlink(path(a, name))
    print(f"# {told} of the pages that were damaged were needed, and told")
    check(told > 0, "some page is needed")
    write(path(a, "db"), whole)
    works(a, b, conv, "mended")


def salvage(lab):
    """A damaged store is salvaged, one page after the other: what is left is as it was said, and the talk goes on"""
    a, b, conv = two_who_talk(lab)
    whole = read(path(a, "db"))
    count = len(whole) // PAGE
    kept = 0
    for page in range(1, count, max(1, count // 6)):
        write(path(a, "db"), flip(whole, page * PAGE + 50))
        result = a.confab("salvage", code=None)
        if result.code:
            check(result.error["error"] == "STORE_DAMAGED", f"page {page}: {result.error}")
            check(read(path(a, "db")) == flip(whole, page * PAGE + 50), "the damaged store is where it was")
        else:
            found = set(r["text"] for r in a.confab("history", conv, code=None).rows)
            check(found <= {"from alice", "from bob"}, f"page {page}: {found}")
            check(len(found) + result.row["missing"] >= 2, f"page {page}: what is lost is told: {result.row}")
            check(read(os.path.join(result.row["saved"], "db")) == flip(whole, page * PAGE + 50), "the damaged store is kept")
            kept += 1
            if len(found) == 2 and not result.row["ended"]:
                break
        a.confab("stop")
        for name in ("db-wal", "db-journal"):
            if os.path.exists(path(a, name)):
                os.unlink(path(a, name))
        write(path(a, "db"), whole)
    print(f"# {kept} of the stores that were damaged were salvaged")
    check(kept > 0, "some store can be salvaged")
    check(not os.path.exists(path(a, "db.damaged")) and not os.path.exists(path(a, "salvage")), "nothing of it is left over")
    works(a, b, conv, "mended")


def key(lab):
    """The sealed key: altered, cut, missing"""
    a, b, conv = two_who_talk(lab)
    whole = read(path(a, "key"))
    write(path(a, "key"), flip(whole, len(whole) // 2))
    refused(a, "key", words=())
    write(path(a, "key"), whole[:len(whole) // 2])
    refused(a, "key", words=())
    os.rename(path(a, "key"), path(a, "key.away"))
    refused(a, words=())
    os.rename(path(a, "key.away"), path(a, "key"))
    write(path(a, "key"), whole)
    works(a, b, conv, "mended")


def log(lab):
    """A daemon is killed, and the end of its log is torn: all that was answered is there"""
    a, b, conv = two_who_talk(lab)
    a.confab("start")
    a.follow()
    for i in range(5):
        a.confab("send", conv, f"before {i}", "--wait", "delivered")
    a.kill_daemon()
    with open(path(a, "db-wal"), "ab") as f:
        f.write(os.urandom(PAGE + 24 - 100))
    works(a, b, conv, "after")
    check(texts(a, conv)[2:7] == [f"before {i}" for i in range(5)], "nothing is lost")


def remount(person, how):
    """The agents of PERSON end in their own time."""
    deadline = time.monotonic() + WAIT
    while subprocess.run(["mount", "-o", "remount," + how, person.home], capture_output=True, check=False).returncode:
        check(time.monotonic() < deadline, f"remounted {how}")
        threading.Event().wait(0.05)


def read_only(lab):
    """The home can only be read: it says so, and works when it can be written"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    os.mkdir(a.home, 0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "confab", a.home], check=True)
    try:
        a.init()
        b.init()
        see_each_other(a, b)
        conv = open_conversation(a, b)
        a.confab("send", conv, "from alice", "--wait", "delivered")
        b.confab("send", conv, "from bob", "--wait", "delivered")
        stop(a)
        subprocess.run(["gpgconf", "--homedir", os.path.join(a.home, "gnupg"), "--kill", "all"], check=False, env=a.env)
        remount(a, "ro")
        result = a.confab("conversations", code=None)
        print(f"# exit {result.code}: {result.err.strip()}")
        check(result.code == 2 and "can only be read" in result.err and "Mount it" in result.err, result.err)
        remount(a, "rw")
        works(a, b, conv, "mended")
    finally:
        a.close()
        subprocess.run(["umount", "-l", a.home], check=False)


def agent(lab):
    """The agent of the conversation's keys is killed while messages go: they arrive, once"""
    a, b, conv = two_who_talk(lab)
    for i in range(6):
        a.confab("send", conv, f"{i}", "--wait", "queued")
        subprocess.run(["gpgconf", "--homedir", os.path.join(a.home, "gnupg"), "--kill", "gpg-agent"], check=False, env=a.env)
    works(a, b, conv, "last")
    check(texts(b, conv)[2:] == [str(i) for i in range(6)] + ["last"], "each once, in order")


def conversation_home(lab):
    """The conversation's keys are gone: what is sent waits and is not lost; with them it is delivered"""
    a, b, conv = two_who_talk(lab)
    keys = os.path.join(a.home, "gnupg")
    subprocess.run(["gpgconf", "--homedir", keys, "--kill", "all"], check=False, env=a.env)
    os.rename(keys, keys + ".away")
    result = a.confab("send", conv, "waits", "--wait", "queued", code=None)
    print(f"# exit {result.code}: {result.out.strip()} {result.err.strip()}")
    check(result.code in (0, 2, 4), "an answer")
    a.confab("stop")
    subprocess.run(["gpgconf", "--homedir", keys, "--kill", "all"], check=False, env=a.env)
    shutil.rmtree(keys)
    os.rename(keys + ".away", keys)
    works(a, b, conv, "mended")
    check(texts(b, conv).count("waits") == (result.code == 0), "what was answered has come")


def socket_folder(lab):
    """The folder of the socket is missing, or is none"""
    a, b, conv = two_who_talk(lab)
    before = a.env["XDG_RUNTIME_DIR"]
    a.env["XDG_RUNTIME_DIR"] = os.path.join(a.dir, "missing")
    works(a, b, conv, "without")
    a.confab("stop")
    a.env["XDG_RUNTIME_DIR"] = os.path.join(a.dir, "file")
    with open(a.env["XDG_RUNTIME_DIR"], "wb"):
        pass
    result = a.confab("conversations", code=None)
    print(f"# exit {result.code}: {result.err.strip()}")
    if result.code:
        check(result.error["message"] and result.error["hint"], "cause and remedy")
    else:
        a.confab("stop")
    a.env["XDG_RUNTIME_DIR"] = before
    works(a, b, conv, "mended")


if __name__ == "__main__":
    run_stories(store, pages, salvage, key, log, read_only, agent, conversation_home, socket_folder)
