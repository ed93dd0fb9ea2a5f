# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads when something is wrong: keys, agents, ports, disks.  Each error has a cause and a remedy."""
import os
import shutil
import socket
import subprocess
import threading
import time

from lab import BUILD, PINENTRY, WAIT, check, open_conversation, run_stories, see_each_other


def is_explained(result, name, code, *words):
    """RESULT is error NAME with exit CODE; its sentence and hint say all WORDS."""
    error = result.error
    text = f"{error['message']} {error['hint']}".lower()
    print(f"# exit {result.code}: {error['error']}: {error['message']}. {error['hint']}")
    check(error["error"] == name and result.code == code, f"{name} with exit {code}, not {result.code} {error}")
    check(error["message"] and error["hint"], f"cause and remedy: {error}")
    for word in words:
        check(word in text, f"{word!r} in {text!r}")


def use_pinentry(person, answer):
    program = os.path.join(person.gnupg, "pinentry")
    with open(program, "w", encoding="ascii") as f:
        f.write(f"#!/bin/sh\nCF_PINENTRY_DIR='{person.gnupg}' exec '{PINENTRY}' \"$@\"\n")
    os.chmod(program, 0o700)
    with open(os.path.join(person.gnupg, "gpg-agent.conf"), "w", encoding="ascii") as f:
        f.write(f"pinentry-program {program}\nmax-cache-ttl 0\ndefault-cache-ttl 0\n")
    with open(os.path.join(person.gnupg, "pinentry-answer"), "w", encoding="ascii") as f:
        f.write(answer + "\n")
    subprocess.run(["gpgconf", "--homedir", person.gnupg, "--kill", "all"], check=False, env=person.env)


def revoke(person, fpr, home=None):
    with open(os.path.join(person.gnupg, "openpgp-revocs.d", fpr + ".rev"), encoding="utf-8") as f:
        certificate = f.read().replace("\n:---", "\n---")
    person.gpg("--import", data=certificate.encode(), home=home or person.gnupg)
    return certificate


def no_key(lab):
    """No secret key: the way out is named"""
    a = lab.person("alice", "h1", None)
    is_explained(a.confab("init", code=None), "NO_IDENTITY", 1, "--generate")
    is_explained(a.confab("peers", code=None), "NO_IDENTITY", 1, "init")


def expired_identity(lab):
    """An expired identity is refused at init"""
    a = lab.person("alice", "h1", None)
    a.gpg("--faked-system-time", "20200101T000000", "--passphrase", "", "--pinentry-mode", "loopback",
          "--quick-gen-key", "old <old@test.invalid>", "ed25519", "cert,sign", "2020-06-01")
    is_explained(a.confab("init", "--identity", a.fingerprints()[0], code=None), "KEY_EXPIRED", 4, "expire")


def revoked_identity(lab):
    """A revoked identity is refused at init"""
    a = lab.person("alice", "h1")
    revoke(a, a.fpr)
    is_explained(a.confab("init", "--identity", a.fpr, code=None), "KEY_REVOKED", 4, "revoked")


def passphrase(lab):
    """A passphrase is asked for by pinentry; cancelling it says so, and trying again works"""
    a = lab.person("alice", "h1", None)
    a.fpr = a.make_key("ed25519", passphrase="correct")
    use_pinentry(a, "!cancel")
    is_explained(a.confab("init", "--identity", a.fpr, code=None), "CANCELED", 7, "passphrase")
    use_pinentry(a, "correct")
    check(a.confab("init", "--identity", a.fpr).row["fingerprint"] == a.fpr, "it works when answered")


def generated(lab):
    """Without a key one is made, under a passphrase that pinentry asks for, and opens a conversation"""
    a, b = lab.person("alice", "h1", None), lab.person("bob", "h2")
    use_pinentry(a, "a new passphrase")
    row = a.init("--generate", "Alice Example <alice@test.invalid>")
    a.fpr = row["fingerprint"]
    check(row["user_id"] == "Alice Example <alice@test.invalid>" and a.fingerprints() == [a.fpr], f"{row}")
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.confab("send", conv, "from a new key", "--wait", "delivered")
    wrong = a.gpg("--pinentry-mode", "loopback", "--passphrase", "", "-s", data=b"x", check=False)
    check(wrong.returncode != 0, "the new key has a passphrase")


def sign_only(lab):
    """A key that cannot encrypt: the store is sealed under a passphrase of its own, and opens after a restart"""
    a, b = lab.person("alice", "h1", None), lab.person("bob", "h2")
    a.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key", f"alice <{a.mail}>", "ed25519",
          "cert,sign", "never")
    a.fpr = a.fingerprints()[0]
    use_pinentry(a, "for the store alone")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.kill_daemon()
    use_pinentry(a, "!cancel")
    is_explained(a.confab("history", conv, code=None), "CANCELED", 7)
    use_pinentry(a, "for the store alone")
    a.confab("send", conv, "still here", "--wait", "delivered")


def no_agent(lab):
    """gpg-agent cannot be started: exit 7"""
    a = lab.person("alice", "h1")
    subprocess.run(["gpgconf", "--homedir", a.gnupg, "--kill", "all"], check=False, env=a.env)
    in_the_way = os.path.join(a.gnupg, "S.gpg-agent")
    os.makedirs(os.path.join(in_the_way, "not-a-socket"))
    is_explained(a.confab("init", "--identity", a.fpr, code=None), "NO_AGENT", 7, "gpg-agent")
    shutil.rmtree(in_the_way)
    a.confab("init", "--identity", a.fpr)


def nobody_there(lab):
    """A name that nobody has; a contact who is away"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    is_explained(a.confab("open", "carol", password="x", code=None), "NOT_FOUND", 1, "confab peers")
    b.init()
    see_each_other(a, b)
    b.confab("stop")
    is_explained(a.confab("open", b.fpr, password="x", code=None), "NOT_REACHABLE", 3)


def peer_revoked(lab):
    """A peer's key, revoked in one's own keyring, cannot open a conversation"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    a.gpg("--import", data=b.gpg("--export", b.fpr).stdout)
    revoke(b, b.fpr, home=a.gnupg)
    is_explained(a.confab("open", b.fpr, password="x", code=None), "KEY_REVOKED", 4, "revoked")
    watch = a.start("peers", "--watch")
    watch.wait_row("bob as revoked", lambda row: row["fingerprint"] == b.fpr and row["key_state"] == "revoked")
    watch.stop()


def peer_expires(lab):
    """A peer's key that expires cannot open a conversation any more"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2", None)
    a.init()
    born = time.time()
    b.fpr = b.make_key("ed25519", expire="seconds=8")
    b.init()
    see_each_other(a, b)
    # Nothing announces the passing of time: wait until it has come.
    threading.Event().wait(max(0.0, born + 10 - time.time()))
    is_explained(a.confab("open", b.fpr, password="x", code=None), "KEY_EXPIRED", 4, "expired")


def seen(person, *args):
    """What a person sees, who does not read JSON."""
    argv = [word for word in person.argv(*args) if word != "--json"]
    return subprocess.run(argv, env=person.env, capture_output=True, text=True, timeout=20, check=True).stdout


def is_stopped(person, conv, error, key_state, *words):
    """PERSON's only conversation is stopped, loudly, everywhere; nothing can be sent."""
    row = person.wait("conversation", conversation=conv, stopped=True)
    check(row["key_state"] == key_state, f"event: {row}")
    person.events.seen.clear()  # what was before is over
    row = person.confab("conversations").row
    check(row["key_state"] == key_state and row["stopped"] and row["state"] == "open", f"row: {row}")
    for word in words:
        check(word in row["trouble"].lower(), f"{word!r} in {row['trouble']!r}")
    is_explained(person.confab("send", conv, "no", code=None), error, 4, "stopped", *words)
    notices = [r for r in person.confab("history", conv).rows if r["notice"]]
    check(notices and notices[-1]["signature"] == "key_changed" and notices[-1]["received_at"], f"{notices}")
    table = seen(person, "conversations")
    check("STOPPED" in table, table)


def goes_on(person, conv):
    person.wait("conversation", conversation=conv, stopped=False, key_state="ok")
    check(person.confab("conversations").row["trouble"] is None, "no trouble any more")


def texts(person, conv):
    return [r["text"] for r in person.confab("history", conv).rows if not r["notice"]]


def revoked_later(lab):
    """A conversation whose peer's key is revoked later stops, loudly, within seconds, and stays so"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    b.confab("send", conv, "before", "--wait", "delivered")
    a.gpg("--import", data=b.gpg("--export", b.fpr).stdout)
    revoke(b, b.fpr, home=a.gnupg)
    is_stopped(a, conv, "KEY_REVOKED", "revoked", "has been revoked")
    is_explained(a.confab("open", b.fpr, password="second", code=None), "KEY_REVOKED", 4)
    b.confab("send", conv, "from the thief", "--wait", "queued")
    a.kill_daemon()
    check(texts(a, conv) == ["before"] and a.confab("conversations").row["stopped"], "it stays, over a restart too")


def revokes_own(lab):
    """Who revokes the own key is stopped, and those whom he talks to hear of it"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    revoke(b, b.fpr)
    is_stopped(b, conv, "KEY_REVOKED", "revoked", "your own key has been revoked")
    is_stopped(a, conv, "KEY_REVOKED", "revoked", "bob")


def expires_talking(lab):
    """A key that expires while they talk stops the conversation on both sides; extended, all goes on by itself"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    b.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-set-expire", b.fpr, "seconds=15")
    is_stopped(a, conv, "KEY_EXPIRED", "expired", "bob", "expired")
    is_stopped(b, conv, "KEY_EXPIRED", "expired", "your own key has expired", "--quick-set-expire")
    b.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-set-expire", b.fpr, "1y")
    goes_on(b, conv)
    goes_on(a, conv)
    b.confab("send", conv, "extended", "--wait", "delivered")
    a.confab("send", conv, "so it is", "--wait", "delivered")
    check(texts(a, conv) == ["extended", "so it is"], texts(a, conv))


def expired_overnight(lab):
    """Whose own key expired while the daemon was down reads all and sends nothing; extended, all goes on by itself"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.confab("send", conv, "before", "--wait", "delivered")
    b.kill_daemon()
    born = time.time()
    b.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-set-expire", b.fpr, "seconds=1")
    # Nothing announces the passing of time: wait until it has come.
    threading.Event().wait(max(0.0, born + 4 - time.time()))
    check(texts(b, conv) == ["before"], "what was said can be read")
    b.follow(0)
    b.wait("error", error="KEY_EXPIRED", fingerprint=b.fpr)
    is_stopped(b, conv, "KEY_EXPIRED", "expired", "your own key has expired", "--quick-set-expire")
    b.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-set-expire", b.fpr, "1y")
    goes_on(b, conv)
    b.confab("send", conv, "extended", "--wait", "delivered")
    a.confab("send", conv, "so it is", "--wait", "delivered")
    check(texts(b, conv) == ["before", "extended", "so it is"], texts(b, conv))


def sealed_to(person):
    """The key id that the store's key is sealed to."""
    packets = person.gpg("--list-packets", "--pinentry-mode", "cancel", os.path.join(person.home, "store/key"), check=False)
    return packets.stdout.decode().split("keyid ")[1].split()[0]


def new_encryption_subkey(lab):
    """Whose encryption subkey is replaced, and the old one destroyed, still reads all"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.confab("send", conv, "before", "--wait", "delivered")
    b.kill_daemon()
    old = sealed_to(b)
    listing = b.gpg("--with-colons", "--with-keygrip", "--list-secret-keys").stdout.decode().splitlines()
    subkey = [line.split(":")[0] for line in listing].index("ssb")
    grip = next(line.split(":")[9] for line in listing[subkey:] if line.startswith("grp:"))
    # OpenPGP counts seconds, and nothing announces the next one: the newer subkey must be of a later one.
    threading.Event().wait(1.1 - time.time() % 1)
    b.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-add-key", b.fpr, "cv25519", "encr", "never")
    b.follow(0)
    b.wait("message", text="before")
    deadline = time.monotonic() + WAIT
    while sealed_to(b) == old:
        check(time.monotonic() < deadline, "sealed to the new subkey")
    b.kill_daemon()
    os.unlink(os.path.join(b.gnupg, "private-keys-v1.d", grip + ".key"))
    subprocess.run(["gpgconf", "--homedir", b.gnupg, "--kill", "gpg-agent"], check=True, env=b.env)
    check(texts(b, conv) == ["before"], "what was said can be read")
    b.follow()
    b.confab("send", conv, "with the new one", "--wait", "delivered")


def another_bob(lab):
    """Somebody with a contact's mail address and another key is shown as not him"""
    a, b, c = lab.person("alice", "h1"), lab.person("bob", "h2"), lab.person("carol", "h3", None)
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    c.mail, c.name = b.mail, "bob"
    c.fpr = c.make_key("ed25519")
    c.init()
    event = a.wait("error", error="KEY_CHANGED", fingerprint=c.fpr)
    print("#", event["message"])
    check("NOT" in event["message"] and b.fpr in event["message"] and "password" in event["message"], f"{event}")
    rows = {r["fingerprint"]: r for r in a.confab("peers").rows}
    check(rows[c.fpr]["warning"] and rows[b.fpr]["warning"] is None, f"{rows}")
    table = seen(a, "peers")
    check("This is NOT" in table, table)
    a.confab("send", conv, "to the real one", "--wait", "delivered")
    check(texts(b, conv) == ["to the real one"], "unharmed")


def blocked(lab):
    """Who is blocked is heard no more, sees nobody at home, and is heard again once that is taken back"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    check(a.confab("block", b.fpr).row["blocked"], "blocked")
    row = a.wait("conversation", conversation=conv, stopped=True)
    check(row["blocked"] and "You have blocked bob" in row["trouble"], f"{row}")
    is_explained(a.confab("send", conv, "no", code=None), "NOT_ALLOWED", 4, "blocked", "unblock")
    b.confab("send", conv, "hello?", "--wait", "queued")
    is_explained(b.confab("open", a.fpr, password="x", code=None), "NOT_REACHABLE", 3)
    check(texts(a, conv) == [], "nothing is heard")
    a.kill_daemon()
    check(a.confab("contacts").row["blocked"], "it is kept")
    a.follow()
    a.confab("unblock", b.fpr)
    a.wait("message", text="hello?")
    a.confab("send", conv, "welcome back", "--wait", "delivered")


def port_in_use(lab):
    """The port that was asked for is taken"""
    a = lab.person("alice", "h1")
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = taken.getsockname()[1]
    done = subprocess.run([os.path.join(BUILD, "confabd"), "--home", a.home, "--foreground", "--listen",
                           f"127.0.0.1:{port}"], env=a.env, capture_output=True, text=True, timeout=20, check=False)
    taken.close()
    print("#", done.stderr.strip())
    check(done.returncode == 3, f"exit {done.returncode}")
    check("in use" in done.stderr and "--listen" in done.stderr, done.stderr)


def second_daemon(lab):
    """A second daemon for the same home says who holds it"""
    a = lab.person("alice", "h1")
    a.init()
    done = subprocess.run([os.path.join(BUILD, "confabd"), "--home", a.home, "--foreground"], env=a.env,
                          capture_output=True, text=True, timeout=20, check=False)
    print("#", done.stderr.strip())
    check(done.returncode != 0 and str(a.daemon_pid()) in done.stderr, done.stderr)


def started_together(lab):
    """Clients that come at once, and find no daemon, all get the same one"""
    a = lab.person("alice", "h1")
    a.init()
    a.events.stop()
    a.events = None
    for _ in range(3):
        a.confab("stop")
        clients = [a.start("status") for _ in range(6)]
        results = [client.end() for client in clients]
        check(all(r.code == 0 and not r.err for r in results), [(r.code, r.err) for r in results])
        a.daemon_pid()


def disk_full(lab):
    """The disk is full: SEND says so and loses nothing; with room again it works"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    os.mkdir(a.home, 0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "confab", a.home], check=True)
    try:
        a.init()
        b.init()
        see_each_other(a, b)
        conv = open_conversation(a, b)
        ballast = os.path.join(a.home, "ballast")
        with open(ballast, "wb", buffering=0) as f:
            try:
                while f.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        result = a.confab("send", conv, "x" * 60000, "--wait", "queued", code=None)
        is_explained(result, "DISK_FULL", 2, "disk")
        os.unlink(ballast)
        a.confab("send", conv, "there is room again", "--wait", "delivered")
        check([r["text"] for r in b.confab("history", conv).rows] == ["there is room again"], "nothing lost or half")
    finally:
        a.close()
        subprocess.run(["umount", "-l", a.home], check=False)


def hostile_gpg_conf(lab):
    """A user's gpg.conf that adds signers and recipients changes nothing"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key", "spy <spy@test.invalid>", "ed25519",
          "cert,sign", "never")
    spy = [f for f in a.fingerprints() if f != a.fpr][0]
    a.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-add-key", spy, "cv25519", "encr", "never")
    with open(os.path.join(a.gnupg, "gpg.conf"), "w", encoding="ascii") as f:
        f.write(f"encrypt-to {spy}\nhidden-encrypt-to {spy}\ndefault-key {spy}\n")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    a.confab("send", conv, "for bob alone", "--wait", "delivered")


if __name__ == "__main__":
    run_stories(no_key, expired_identity, revoked_identity, passphrase, generated, sign_only, no_agent, nobody_there, peer_revoked,
                peer_expires, revoked_later, revokes_own, expires_talking, expired_overnight, new_encryption_subkey, another_bob, blocked, port_in_use,
                second_daemon, started_together, disk_full, hostile_gpg_conf)
