# SPDX-License-Identifier: GPL-3.0-or-later
"""Where secrets are, and where they are not: memory, core dumps, command lines, logs, and a stolen disk.

What must not be found is learnt from the outside: texts and passwords are the story's own, keys are read from a
copy of the database, whose key is opened with the identity's.  The memory of a daemon is read as the root of the
namespace; the user himself cannot.
"""
import ctypes
import ctypes.util
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import unicodedata

from lab import BUILD, Failed, check, open_conversation, run_stories, see_each_other

PASSWORD = "grüne Zwölf Dörrpflaumen \u212b xylophon"  # its letters differ between the normal forms
TEXTS = ("Vom Quarzuhrwerk zur Jauchegrube", "kümmerliche Wexelsträflinge")
WORDS = ("Quarzuhrwerk", "quarzuhrwerk", "Jauchegrube", "jauchegrube", "Wexelsträflinge", "wexelstraflinge")


# --- the store, read from a copy ---

class Store:
    """The database of a home, opened with the key that the identity opens."""

    def __init__(self, person):
        self.key = person.gpg("-d", os.path.join(person.home, "store/key")).stdout
        check(len(self.key) == 32, "a store key has 32 bytes")
        self.dir = os.path.join(person.dir, "copy")
        shutil.rmtree(self.dir, ignore_errors=True)
        shutil.copytree(os.path.join(person.home, "store"), self.dir)

    def blobs(self, query):
        """The values of one column, as bytes; NULL and empty ones are left out."""
        sql = ctypes.CDLL(ctypes.util.find_library("sqlcipher"))
        db, stmt, found = ctypes.c_void_p(), ctypes.c_void_p(), []
        sql.sqlite3_column_blob.restype = ctypes.c_void_p
        sql.sqlite3_errmsg.restype = ctypes.c_char_p

        def must(status):
            if status:
                raise Failed(f"{query}: {sql.sqlite3_errmsg(db).decode()}")
        must(sql.sqlite3_open(os.path.join(self.dir, "db").encode(), ctypes.byref(db)))
        setup = (f"PRAGMA key = \"x'{self.key.hex()}'\"; PRAGMA cipher_page_size = 4096; PRAGMA kdf_iter = 64000;"
                 "PRAGMA cipher_use_hmac = ON; PRAGMA cipher_hmac_algorithm = HMAC_SHA1;"
                 "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA1; PRAGMA locking_mode = EXCLUSIVE;")
        must(sql.sqlite3_exec(db, setup.encode(), None, None, None))
        must(sql.sqlite3_prepare_v2(db, query.encode(), -1, ctypes.byref(stmt), None))
        while sql.sqlite3_step(stmt) == 100:
            size = sql.sqlite3_column_bytes(stmt, 0)
            if size:
                found.append(ctypes.string_at(sql.sqlite3_column_blob(stmt, 0), size))
        sql.sqlite3_finalize(stmt)
        sql.sqlite3_close(db)
        return found


# --- memory ---

class Area:
    def __init__(self, line):
        span, self.mode, self.name = line.split()[0], line.split()[1], " ".join(line.split()[5:])
        self.start, self.end = (int(x, 16) for x in span.split("-"))
        self.flags = []


def areas(pid):
    found = []
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as f:
        for line in f:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                found.append(Area(line))
            elif line.startswith("VmFlags:"):
                found[-1].flags = line.split()[1:]
    return found


def daemon_image(person):
    """When it has heard that earlier clients are gone: what they were told is in their connection until then."""
    person.confab("status")
    return image(person.daemon_pid())


def image(pid):
    """What the process holds: pairs of an area and its bytes."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for area in areas(pid):
            if "r" not in area.mode or area.name in ("[vvar]", "[vsyscall]"):
                continue
            try:
                mem.seek(area.start)
                found.append((area, mem.read(area.end - area.start) or b""))
            except OSError:
                continue  # a guard page
    return found


def forms(text):
    """TEXT as a program might hold it."""
    found = {text}
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        found.add(unicodedata.normalize(form, text))
    coded = {t.encode(c) for t in found for c in ("utf-8", "utf-16-le", "utf-32-le")}
    return coded | {t.encode().replace(b" ", b"%20") for t in found}


def forms_of_key(key):
    return {key, key.hex().encode(), key.hex().upper().encode()}


def places(where, needles):
    """Where any of NEEDLES is: (needle, area, what stands around it)."""
    return [(needle, area, data[max(0, at.start() - 24):at.start() + len(needle) + 24])
            for area, data in where for needle in needles for at in re.finditer(re.escape(needle), data)]


def nowhere(where, what, needles):
    found = places(where, needles)
    check(not found, f"{what} is in memory, {len(found)} times: "
          + "; ".join(f"{a.name or 'anonymous'} {a.mode} {around!r}" for _, a, around in found[:4]))


def only_locked(where, what, needles):
    """There it must be, or this would not see it elsewhere."""
    found = places(where, needles)
    check(found, f"{what} is not in memory at all")
    bad = [(a, around) for _, a, around in found if "lo" not in a.flags]
    check(not bad, f"{what} is in memory that may be swapped out, {len(bad)} times: "
          + "; ".join(f"{a.name or 'anonymous'} {a.flags} {around!r}" for a, around in bad[:4]))


# --- command lines and environments ---

class Watch(threading.Thread):
    """Collects what every process shows of itself, until it is stopped."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen, self.done = set(), threading.Event()
        self.start()

    def run(self):
        while not self.done.is_set():
            for pid in filter(str.isdigit, os.listdir("/proc")):
                for name in ("cmdline", "environ"):
                    try:
                        with open(f"/proc/{pid}/{name}", "rb") as f:
                            self.seen.add((name, f.read()))
                    except OSError:
                        continue

    def stop(self):
        self.done.set()
        self.join()
        return self.seen


# --- stories ---

def pair(lab):
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    for person in (a, b):
        os.makedirs(person.home, 0o700)
        with open(os.path.join(person.home, "confabd.conf"), "w", encoding="ascii") as conf:
            conf.write("log-level debug\n")
        person.init()
    see_each_other(a, b)
    return a, b


def talk(a, b, conv):
    a.confab("send", conv, TEXTS[0], "--wait", "delivered")
    b.confab("send", conv, TEXTS[1], "--wait", "delivered")
    for person in (a, b):
        check([r["text"] for r in person.confab("history", conv).rows] == list(TEXTS), "history")
        check(len(person.confab("history", conv, "--search", "Quarzuhrwerk").rows) == 1, "a search finds it")


def foreground(person, **popen):
    """A daemon of our own, once it is ready."""
    daemon = subprocess.Popen([os.path.join(BUILD, "confabd"), "--home", person.home, "--foreground"], env=person.env,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **popen)
    for line in daemon.stderr:
        if line.rstrip().endswith("ready"):
            return daemon
    raise Failed(f"{person.name}: confabd ended before it was ready")


def no_dump(lab):
    """A daemon that crashes leaves no core, and the user's other programs cannot look into it"""
    a = lab.person("alice", "h1")
    a.init()
    a.events.stop()
    a.confab("stop")
    here = os.path.join(a.dir, "here")
    os.mkdir(here)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    for number in (signal.SIGABRT, signal.SIGSEGV):
        daemon = foreground(a, cwd=here, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)))
        with open(f"/proc/{daemon.pid}/limits", encoding="ascii") as f:
            limit = next(line.split() for line in f if line.startswith("Max core file size"))
        check(limit[4:6] == ["0", "0"], f"no core is allowed: {limit}")
        # Without the privileges of root it is as for any user: not even the map of the memory.
        for name in ("maps", "mem", "environ"):
            look = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", "cat", f"/proc/{daemon.pid}/{name}"],
                                  capture_output=True, check=False)
            check(look.returncode and not look.stdout, f"/proc/PID/{name} can be read by others of the user")
        daemon.send_signal(number)
        _, status = os.waitpid(daemon.pid, 0)
        check(os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, f"ended by {number}: {status}")
        check(not os.WCOREDUMP(status), "a core was dumped")
        daemon.returncode = -number
        daemon.stderr.close()
    check(not os.listdir(here), f"left behind: {os.listdir(here)}")


def outside(lab):
    """No secret stands on a command line, in an environment, or in a log, whatever its level"""
    a, b = pair(lab)
    watch = Watch()
    conv = open_conversation(a, b, PASSWORD)
    for person, text in ((a, TEXTS[0]), (b, TEXTS[1])):  # by standard input: its own command line is the user's choice
        person.confab("send", conv, "-", stdin=text)
    b.wait("message", direction="in")
    a.wait("message", direction="in")
    a.confab("status")
    shown = watch.stop()
    check(any(name == "cmdline" and b"gpg" in text and b"--homedir" in text for name, text in shown), "gpg was seen")
    logs = {}
    for person in (a, b):
        with open(os.path.join(person.home, "confabd.log"), "rb") as f:
            logs[person] = f.read()
        check(b" debug: " in logs[person], f"{person.name} logs everything")
    needles = {"the password": forms(PASSWORD)}
    for text in TEXTS:
        needles[f"the text {text}"] = forms(text)
    for person in (a, b):
        store = Store(person)
        needles[f"{person.name}'s store key"] = forms_of_key(store.key)
        for column, table in (("device_secret", "self"), ("passphrase", "conversation"), ("secret", "conversation"),
                              ("pair_secret", "contact")):
            for value in store.blobs(f"SELECT {column} FROM {table}"):
                needles[f"{person.name}'s {column}"] = forms_of_key(value)
    for what, values in needles.items():
        for value in values:
            for name, text in shown:
                check(value not in text, f"{what} stands in the {name} {text!r}")
            for person, text in logs.items():
                check(value not in text, f"{what} stands in the log of {person.name}")


def files(*dirs):
    for top in dirs:
        for where, _, names in os.walk(top):
            for name in names:
                path = os.path.join(where, name)
                if os.path.isfile(path):
                    with open(path, "rb") as f:
                        yield path, f.read()


def theft(lab):
    """A stolen disk tells neither what was said nor with whom"""
    a, b = pair(lab)
    conv = open_conversation(a, b, PASSWORD)
    talk(a, b, conv)
    point = b.gpg("--export", "--export-options", "export-minimal", b.fpr).stdout
    point = point[point.index(b"\x07\x40") + 2:][:32]  # the primary's, as an Ed25519 key is written
    b_device = Store(b).blobs("SELECT device_public FROM self")[0]
    needles = {"a text": set().union(*(forms(t) for t in TEXTS + WORDS)), "the password": forms(PASSWORD),
               "the contact's name": {b.mail.encode(), b"bob <bob"}, "the contact's key": {point},
               "the contact's fingerprint": forms_of_key(bytes.fromhex(b.fpr)) | {b.fpr[-16:].encode()},
               "the contact's device": forms_of_key(b_device),
               "the conversation": forms_of_key(bytes.fromhex(conv))}

    def search(when):
        seen = []
        for path, data in files(a.home, a.gnupg):
            seen.append(path)
            for what, values in needles.items():
                found = [v for v in values if v in data]
                check(not found, f"{when}: {what} can be read in {path}: {found}")
        check(any(p.endswith("store/db") for p in seen) and any("private-keys-v1.d" in p for p in seen), f"{seen}")
    search("while it runs")
    check(os.path.isdir(a.in_memory()), "people's keys are where this story looks for them at the end")
    a.kill_daemon()
    search("after the power was cut")
    a.confab("status")
    a.follow()
    row = a.confab("send", conv, "noch ein Wort", "--wait", "delivered").row
    check(row["state"] == "delivered", f"after the restart: {row}")
    check(a.confab("peers").row["user_id"] == f"bob <{b.mail}>", "the contact is known again")
    a.events.stop()
    pid = a.daemon_pid()
    a.confab("stop")
    while a._runs(pid):
        os.sched_yield()
    search("after it was stopped")
    b.events.stop()
    pid = b.daemon_pid()
    b.confab("stop")
    while b._runs(pid):
        os.sched_yield()
    left = [path for path, data in files(a.in_memory(), b.in_memory(), a.dir, b.dir)
            if "people" in path and b.mail.encode() in data]
    check(not left, f"left in memory: {left}")


def memory(lab):
    """A daemon's memory: no password once it was used, no key outside of locked memory, nothing of what was deleted"""
    a, b = pair(lab)
    opening = a.start("open", b.fpr, password=PASSWORD)
    request = b.wait("request", fingerprint=a.fpr)["request"]
    nowhere(image(opening.proc.pid), "in the waiting client: the password", forms(PASSWORD))
    nowhere(image(a.daemon_pid()), "while a request waits: the password", forms(PASSWORD))
    prs = Store(a).blobs("SELECT prs FROM request")
    check(len(prs) == 1 and len(prs[0]) == 32, f"a waiting request has its PRS: {prs}")
    only_locked(image(a.daemon_pid()), "PRS of a waiting request", forms_of_key(prs[0]))
    b.confab("accept", request, password=PASSWORD)
    conv = opening.end().row["conversation"]
    talk(a, b, conv)
    for person in (a, b):
        store, now = Store(person), daemon_image(person)
        nowhere(now, f"{person.name}: the password", forms(PASSWORD))
        nowhere(now, f"{person.name}: PRS", forms_of_key(prs[0]))
        person.confab("export", conv, "--secret")
        now = daemon_image(person)
        only_locked(now, f"{person.name}: the store key", forms_of_key(store.key))
        for what, query in (("device key", "SELECT device_secret FROM self"),
                            ("a passphrase", "SELECT passphrase FROM conversation"),
                            ("a conversation's secret", "SELECT secret FROM conversation"),
                            ("a pair secret", "SELECT pair_secret FROM contact")):
            values = store.blobs(query)
            check(len(values) == 1 and len(values[0]) == 32, f"{query}: {values}")
            only_locked(now, f"{person.name}: {what}", forms_of_key(values[0]))
    secrets = {p: [s for q in ("passphrase", "secret") for s in Store(p).blobs(f"SELECT {q} FROM conversation")]
               for p in (a, b)}
    a.confab("delete", conv)
    b.wait("conversation", state="closed")
    b.confab("delete", conv)
    for person in (a, b):
        now = daemon_image(person)
        for text in TEXTS + WORDS:
            nowhere(now, f"{person.name}: what was deleted", forms(text))
        for secret in secrets[person]:
            nowhere(now, f"{person.name}: a key that was deleted", forms_of_key(secret))


if __name__ == "__main__":
    with open(os.path.join(BUILD, "confabd"), "rb") as program:
        sanitized = b"__asan_init" in program.read()
    if sanitized:  # a heap of its own that keeps what is freed, crashes that are caught, a process that may be traced
        print("# memory and crashes are not looked at: built with sanitizers")
        run_stories(outside, theft)
    else:
        run_stories(memory, no_dump, outside, theft)
