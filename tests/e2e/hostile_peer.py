# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer that keeps no rule, against real daemons: each lie is refused, counted, bounded, and the honest talk on.

Beacons, streams, handshakes, records, HELLO, and what a daemon hears when it asks; the world is in hostile_world.py.
"hostile_peer.sh GROUP..." or "hostile_peer.sh CASE..." runs some; CF_HOSTILE_LONG=1 makes floods ten times as long.
"""
import importlib
import os
import subprocess
import sys
import time

from hostile_world import (BULK, CONTROL, DISCOVERY, GROUPS, KEY_ASK, LINK, LONG, MORE, TALK, Err, Keys, case, fpr_bytes, run_groups,
                           u16, u32, wait_until)
from lab import NETNS, check

FLOOD = 10 if LONG else 1

# --- beacons ---


@case("beacons", "malformed in every way", beacon_malformed=15)
def beacons_malformed(w):
    good, answer = w.beacon(), w.beacon(kind=2)
    for bad in (b"", b"CFB1", b"CFB2" + good[4:], b"CFB1\2" + good[5:], good[:5] + b"\3" + good[6:], good[:159],
                good + b"\0", good[:6] + u16(0) + good[8:], good[:10] + bytes(32) + good[42:],
                good[:42] + b"\7" + good[43:], good[:63] + u16(65) + good[65:], good[:-1] + b"\1", answer + b"\0",
                answer[:-1], answer[:63] + u16(2) + b"\xff\xfe", os.urandom(1400), os.urandom(3000)):
        w.hands.call("ask", w.addr, DISCOVERY, 1, bad, 1)


@case("beacons", "an echo, and the victim's own names", beacon_own=1, beacon_identity=2)
def beacons_own(w):
    class Alices:
        public = w.device
    w.hands.call("ask", w.addr, DISCOVERY, 1, w.beacon(keys=Alices), 1)
    w.hands.call("ask", w.addr, DISCOVERY, 1, w.beacon(fpr=w.alice.fpr), 1)
    # Bob's device key is tied to Bob.
    bob = w.bob.confab("status").row

    class Bobs:
        public = bytes.fromhex(bob["address"].split(":")[2])
    w.hands.call("ask", w.addr, DISCOVERY, 1, w.beacon(keys=Bobs), 1)


@case("beacons", "questions without end get fewer bytes than they bring", beacon_limited=150)
def beacons_answers(w):
    question = w.beacon()
    answers, total, longest = w.hands.numbers_of("ask", w.addr, DISCOVERY, 1000 * FLOOD, question)
    check(longest < len(question) and answers <= 64, f"{answers} answers, the longest of {longest} bytes")
    print(f"# in {1000 * FLOOD * len(question)} bytes, out {total}")
    # A new port each time is a new asker, but the same host.
    answers = sum(w.hands.numbers_of("ask", w.addr, DISCOVERY, 1, question, 1)[0] for _ in range(100))
    check(answers <= 64, f"{answers} answers to 100 ports")


@case("beacons", "from beyond our links", beacon_off_link=50)
def beacons_off_link(w):
    w.hands.call("beacons", w.addr, DISCOVERY, 50, "192.0.2.1", 50, w.beacon())


@case("beacons", "a flood from many addresses: the honest are still found", fetch_crowded=500)
def beacons_flood(w):
    """A new person appears in the middle of a flood from every address of the subnet."""
    w.hands.call("beacons", w.addr, DISCOVERY, 1500, "10.77.0.10", 200, w.beacon())
    carol = w.lab.person("carol", "h2")
    carol.init()
    begun = time.monotonic()
    for _ in range(200):
        w.hands.call("beacons", w.addr, DISCOVERY, 200, "10.77.0.10", 200, w.beacon(), 4000)
        if any(row["fingerprint"] == carol.fpr for row in w.client.call("PEERS")):
            break
    check(time.monotonic() - begun < 20, f"found after {time.monotonic() - begun:.1f} s")
    print(f"# found after {time.monotonic() - begun:.1f} s of flood")


# --- streams ---


@case("streams", "ten thousand that say nothing: newcomers still get in", stream_crowded=5000)
def streams_silent(w):
    made = 0
    for _ in range(10):
        made += w.hands.numbers_of("streams", w.addr, w.port, 1000, "10.77.0.128", 64)[0]
        w.link(source="10.77.0.3").close()
    alive, said = w.hands.numbers_of("alive")
    check(said == 0, "not a byte for who has not said a right one")
    check(alive <= 512, f"{alive} are held")
    print(f"# {made} made, {alive} held at the end")


@case("streams", "thousands of half first messages", stream_crowded=1500)
def streams_half(w):
    probe = w.stream()
    first = w.first(probe)
    probe.close()
    for _ in range(2 * FLOOD):
        w.hands.call("streams", w.addr, w.port, 1000, "10.77.0.128", 64, first[:40])
        w.link(source="10.77.0.3").close()
    check(w.hands.numbers_of("alive")[1] == 0, "not a byte for half a message")


@case("streams", "a crowd from one host", stream_crowded=270)
def streams_one_host(w):
    w.hands.call("streams", w.addr, w.port, 300, "10.77.0.130", 1)
    wait_until("one host has no more than 16", lambda: w.hands.numbers_of("alive")[0] <= 16)


@case("streams", "IPv6: all addresses of a network are one host", stream_crowded=80)
def streams_network6(w):
    subprocess.run([NETNS, "exec", "h3", "ip", "-6", "-batch", "-"], check=True, text=True,
                   input="".join(f"addr add fd77::3:{n:x}/64 dev eth0 nodad\n" for n in range(1, 101)))
    for n in range(1, 101):
        w.hands.call("dial", n, "fd77::1", w.port, f"fd77::3:{n:x}")


# --- handshakes ---


def silence(stream, what):
    how, said = stream.end()
    check(how in ("eof", "reset") and not said, f"{what}: silence, not {how} {said.hex()}")
    stream.close()


@case("handshakes", "first bytes that are none of ours", handshake_foreign=4, handshake_version=2, handshake_suite=2)
def handshakes_foreign(w):
    for first in (b"GET / HTTP/1.1\r\n\r\n", bytes(62), os.urandom(16384), b"\x16\3\1\2\0\1\0\1\xfc\3\3"):
        stream = w.stream()
        stream.write(first)
        silence(stream, f"after {first[:8]}")
    for more in ({"version": 0}, {"version": 2}, {"suite": 3}, {"suite": 255}):
        stream = w.stream()
        stream.write(w.first(stream, **more))
        silence(stream, f"{more}")


@case("handshakes", "message 1 flipped, for another key, with points of low order", handshake_forged=8,
      handshake_point=2)
def handshakes_flipped(w):
    for at in (6, 20, 37, 38, 50, 61):
        stream = w.stream()
        first = bytearray(w.first(stream))
        first[at] ^= 4
        stream.write(bytes(first))
        silence(stream, f"byte {at} flipped")
    stream = w.stream()
    stream.write(w.first(stream, remote=Keys(w.hands).public))
    silence(stream, "for another device key")
    # The suite is part of what is authenticated.
    stream = w.stream()
    first = bytearray(w.first(stream, suite=1))
    first[5] = 0
    stream.write(bytes(first))
    silence(stream, "another suite than was meant")
    for point in (bytes(32), b"\1" + bytes(31)):
        stream = w.stream()
        stream.write(b"CfTu\1\1" + point + os.urandom(24))
        silence(stream, "a point of low order")


@case("handshakes", "message 1 too early, too late, replayed, reflected", handshake_time=2, handshake_replayed=2,
      handshake_forged=1)
def handshakes_replayed(w):
    for ahead_ms in (3700000, -3700000):
        stream = w.stream()
        stream.write(w.first(stream, ahead_ms=ahead_ms))
        silence(stream, f"{ahead_ms} ms off")
    stream = w.stream()
    first = w.first(stream)
    stream.write(first)
    second = stream.read(48)
    for _ in range(2):
        again = w.stream()
        again.write(first)
        silence(again, "replayed")
    # Its own message 2 back, in place of message 3.
    stream.write(second + bytes(16))
    silence(stream, "reflected")


@case("handshakes", "message 3 flipped, or with a static key of low order", handshake_forged=2, handshake_point=1)
def handshakes_third(w):
    for at in (3, 60):
        stream = w.stream()
        stream.write(w.first(stream))
        stream.nread(stream.read(48))
        third = bytearray(stream.nwrite())
        third[at] ^= 1
        stream.write(bytes(third))
        silence(stream, "message 3 flipped")

    class Low:
        secret, public = os.urandom(32), bytes(32)
    stream = w.stream()
    stream.write(w.first(stream, keys=Low))
    stream.nread(stream.read(48))
    stream.write(stream.nwrite())
    silence(stream, "a static key of zeroes")


@case("handshakes", "slow and unfinished ones end by themselves", handshake_timeout=3, hello_timeout=1, fetch_unanswered=1)
def handshakes_slow(w):
    """One that says nothing, one byte by byte, one that stops in the middle, one that has nothing to say afterwards;
    and one that is asked, and does not answer."""
    begun = time.monotonic()
    lure(w, Keys(w.hands), answering=False)
    quiet, slow, half = w.stream(), w.stream(), w.stream()
    first = w.first(half)
    half.write(first)
    half.read(48)
    ready = w.tunnel()
    first = w.first(slow)
    for byte in first[:-1]:
        try:
            slow.write(bytes([byte]))
        except Err:
            break
        if slow.end(150)[0] != "quiet":
            break
    for stream in (quiet, slow, half):
        silence(stream, "too slow")
    check(ready.end()[0] in ("eof", "reset"), "who says nothing is left")
    check(time.monotonic() - begun < 14, "within the deadline")


# --- records ---


@case("records", "flipped, cut, replayed, reordered, reflected", record_forged=5, record_length=3)
def records_forged(w):
    def refused(make):
        tunnel = w.tunnel()
        tunnel.write(make(tunnel))
        how, said = tunnel.end()
        check(how in ("eof", "reset") and not said, f"not a word, but {how} {said.hex()}")
        tunnel.close()

    def flipped(tunnel):
        record = bytearray(tunnel.seal(LINK, b"\2"))
        record[-1] ^= 1
        return bytes(record)

    def replayed(tunnel):
        return tunnel.seal(LINK, b"\2") * 2

    def reordered(tunnel):
        one, two = tunnel.seal(LINK, b"\2"), tunnel.seal(LINK, b"\2")
        return two + one

    def length(tunnel):
        record = tunnel.seal(LINK, b"\2")
        return u16(len(record) - 3) + record[2:]

    for make in (flipped, replayed, reordered, length, lambda t: u16(40) + os.urandom(40)):
        refused(make)
    for impossible in (0, 17, 16401):
        refused(lambda t, n=impossible: u16(n) + bytes(64))


@case("records", "authentic ones that break a rule", record_rule=13)
def records_rules(w):
    def refused(*records):
        tunnel = w.tunnel()
        for channel, data, flags in records:
            tunnel.record(channel, data, flags)
        tunnel.bye()
        tunnel.close()

    for channel, data, flags in ((3, b"x", 0), (254, b"x", 0), (CONTROL, b"x", 4), (CONTROL, b"x", 0x80),
                                 (CONTROL, b"x", MORE), (CONTROL, b"", MORE), (LINK, b"", 0), (LINK, b"\1", MORE),
                                 (LINK, b"\1\1", 0), (LINK, b"\2x", 0), (LINK, b"\3\0", 0),
                                 (LINK, b"\3\0\0" + bytes(121), 0), (LINK, b"\4", 0)):
        refused((channel, data, flags))


@case("records", "a message longer than its channel takes", record_large=1)
def records_large(w):
    tunnel = w.tunnel()
    try:
        tunnel.send(CONTROL, bytes(131073))
    except Err:
        pass
    tunnel.bye()


@case("records", "channels that a stranger has no use for", record_rule=2)
def records_channels(w):
    """Before both HELLOs nothing but control: half a message on another channel would only cost memory."""
    for channel in (TALK, BULK):
        tunnel = w.tunnel()
        tunnel.record(channel, bytes(16382), MORE)
        tunnel.bye()
        tunnel.close()


@case("records", "PINGs without end, and their answers left unread", tunnel_pings=1)
def records_pings(w):
    tunnel = w.tunnel()
    try:
        for _ in range(40 * FLOOD):
            tunnel.send(LINK, b"\1", 5000)
    except Err:
        pass


@case("records", "after a goodbye nothing is heard")
def records_after_bye(w):
    tunnel = w.tunnel()
    tunnel.write(tunnel.seal(LINK, b"\3\0\0done") + tunnel.seal(CONTROL, KEY_ASK))
    how, said = tunnel.end()
    check(how in ("eof", "reset") and not said, f"closed, not {how} {said.hex()}")


# --- HELLO and KEY? ---


def rejected(w, hello, what, keys=None, reason=None):
    tunnel = w.tunnel(keys)
    tunnel.send(CONTROL, hello)
    said = tunnel.bye(15000)
    check(not reason or reason in said, f"{what}: {said!r}")
    tunnel.close()


@case("hello", "malformed, cut, too long", hello_malformed=8)
def hello_malformed(w):
    good = w.hello()
    for bad in (b"", b"\4", b"\1", KEY_ASK + b"\0", b"\0" + good[1:], good[:-1], good + b"\0", good[:40]):
        rejected(w, bad, "malformed")


@case("hello", "no version or suite in common, or a downgrade", hello_version=3)
def hello_version(w):
    # The tunnel uses suite 1 (ChaChaPoly): who lists only suite 0 was made to take it by somebody in between.
    for more in ({"versions": 4}, {"suites": 1}, {"suites": 4}):
        rejected(w, w.hello(**more), str(more), reason="no version or suite in common")


@case("hello", "for somebody else, of another device, of oneself", hello_addressee=1, hello_device=1, statement_own=1)
def hello_names(w):
    rejected(w, w.hello(expected=w.bob.fpr), "not for us", reason="another identity was expected here")
    rejected(w, w.hello(keys=Keys(w.hands)), "another device", reason="the statement is for another device")
    # What Alice says of herself, repeated by who has no more than that.
    tunnel = w.tunnel()
    tunnel.send(CONTROL, KEY_ASK)
    channel, key = tunnel.message()
    check(channel == CONTROL and key[0] == 2, "a KEY")
    tunnel.close()
    fields_at = 1 + 4 + 4
    theirs = key[fields_at:]
    stolen = b"\3" + bytes(16) + u32(2) + u32(3) + fpr_bytes(w.alice.fpr) + theirs
    rejected(w, stolen, "her own statement", reason="the statement is for another device")
    mine = w.statement(w.mallory, fpr=w.alice.fpr)
    rejected(w, w.hello(statement=mine), "her own identity")


@case("hello", "a statement before its time, after it, for too long", statement_time=4)
def hello_times(w):
    for begin_ms, end_ms in ((3600000, 7200000), (-7200000, -3600000), (0, 36 * 86400000), (0, -1)):
        rejected(w, w.hello(begin_ms=begin_ms, end_ms=end_ms), f"{begin_ms} {end_ms}")


@case("hello", "a statement by another, of another kind, over other bytes", statement_signature=5)
def hello_signatures(w):
    keys = Keys(w.hands)
    good = w.statement(w.mallory, keys)
    for fields, signature in (w.statement(w.eve, keys, fpr=w.mallory.fpr),
                              w.statement(w.mallory, keys, kind="conversation"),
                              w.statement(w.mallory, keys, extra=("--sig-notation", "statement@confab.invalid=store")),
                              (good[0], w.sign(w.mallory, b"something that she signed")),
                              (good[0], good[1] + good[1])):
        rejected(w, w.hello(statement=(fields, signature)), "not signed so", keys)


@case("hello", "keys with a second, a secret, no matter which, too much", key_block=4, hello_malformed=1)
def hello_blocks(w):
    mallory, eve = w.block(w.mallory), w.block(w.eve)
    secret = w.mallory.gpg("--export-secret-keys", w.mallory.fpr).stdout
    keys = Keys(w.hands)
    for block in (mallory + eve, eve, secret, os.urandom(2000)):
        rejected(w, w.hello(keys=keys, block=block), "a bad block", keys)
    rejected(w, w.hello(block=mallory + bytes(65536 - len(mallory) + 1)), "a huge block")


@case("hello", "an identity that is expired, revoked or weak", key_state=3)
def hello_states(w):
    expired = w.lab.person("expired", "h3", None)
    expired.gpg("--faked-system-time", "20200101T000000", "--pinentry-mode", "loopback", "--passphrase", "",
                "--quick-gen-key", "expired <expired@test.invalid>", "ed25519", "cert,sign", "1y")
    revoked = w.lab.person("revoked", "h3")
    weak = w.lab.person("weak", "h3", None)
    weak.gpg("--pinentry-mode", "loopback", "--passphrase", "", "--quick-gen-key", "weak <weak@test.invalid>",
             "rsa1024", "cert,sign", "never")
    for person in (expired, weak):
        person.fpr = person.fingerprints()[0]
    then = ("--faked-system-time", "20200601T000000")
    keys = {person: Keys(w.hands) for person in (revoked, weak, expired)}
    statements = {person: w.statement(person, keys[person], extra=then if person is expired else ())
                  for person in keys}
    with open(os.path.join(revoked.gnupg, "openpgp-revocs.d", revoked.fpr + ".rev"), encoding="utf-8") as f:
        revoked.gpg("--import", data=f.read().replace(":-----BEGIN", "-----BEGIN").encode())
    for person, statement in statements.items():
        rejected(w, w.hello(person, statement=statement), person.name, keys[person])


@case("hello", "an older statement, and another key under the same number", statement_older=2)
def hello_older(w):
    w.link().close()
    rejected(w, w.hello(begin_ms=-3600000), "older")
    # The device key is Mallory's: nobody else can have it, even with a statement that is right.
    rejected(w, w.hello(w.eve), "tied to another")


@case("hello", "what may not come then", hello_unexpected=5)
def hello_unexpected(w):
    hello = w.hello()
    for messages in ((KEY_ASK, KEY_ASK), (KEY_ASK, hello), (hello, hello), (b"\2" + hello[17:25] + hello[46:],)):
        tunnel = w.tunnel()
        for message in messages:
            tunnel.send(CONTROL, message)
        tunnel.bye(15000)
        tunnel.close()
    # An anonymous tunnel is good for KEY? alone.
    tunnel = w.tunnel(keys=Keys(w.hands))
    tunnel.send(CONTROL, KEY_ASK)
    tunnel.message()
    tunnel.send(CONTROL, hello)
    tunnel.bye()


@case("hello", "questions without end", hello_questions=20)
def hello_questions(w):
    source, answered = w.source(), 0
    tunnels = []
    for _ in range(40):
        tunnel = w.tunnel(keys=Keys(w.hands), source=source)
        tunnel.send(CONTROL, KEY_ASK)
        tunnels.append(tunnel)
        if len(tunnels) > 10:
            tunnels.pop(0).close()
        try:
            answered += tunnel.message(30)[1][0] == 2
        except Err:
            pass
    check(answered <= 20, f"{answered} answers")


@case("hello", "a stranger while nobody is to see us, and somebody who is blocked: not a word", hello_invisible=2,
      hello_token=2, hello_blocked=1)
def hello_silence(w):
    def unanswered(message, keys, reason):
        before, tunnel = w.refused().get(reason, 0), w.tunnel(keys)
        tunnel.send(CONTROL, message)
        how, said = tunnel.end(700)
        check(how == "quiet" and not said, f"silence, not {how} {said.hex()}")
        wait_until("it is counted", lambda: w.refused().get(reason, 0) > before)
        tunnel.close()

    w.alice.confab("visibility", "nobody")
    unanswered(KEY_ASK, Keys(w.hands), "hello.invisible")
    keys = Keys(w.hands)
    unanswered(w.hello(w.eve, keys), keys, "hello.invisible")
    unanswered(b"\1" + os.urandom(16), Keys(w.hands), "hello.token")
    unanswered(w.hello(w.eve, keys, token=os.urandom(16)), keys, "hello.token")
    w.alice.confab("visibility", "everyone")
    w.link(w.eve, keys).close()
    w.alice.confab("block", w.eve.fpr)
    unanswered(w.hello(w.eve, keys), keys, "hello.blocked")
    w.alice.confab("unblock", w.eve.fpr)


@case("hello", "new faces without end", key_changes=1)
def hello_changes(w):
    """A device that is known shows another statement each time: each costs gpg, so there are not many."""
    keys, number = Keys(w.hands), os.urandom(16)
    for i in range(19):
        tunnel = w.tunnel(keys)
        tunnel.send(CONTROL, w.hello(w.eve, keys, number=number, begin_ms=-900 + i))
        try:
            tunnel.message(15000)
        except Err:
            break
        tunnel.close()


# --- what is heard when asking ---


def lure(w, keys, listening=True, answering=True, fpr=None):
    """Alice is told that somebody is here, and comes to ask; the tunnel, with her question."""
    source = w.source()
    port = int(w.hands.call("listen", source)[0]) if listening else 9
    w.hands.call("ask", w.addr, DISCOVERY, 1, w.beacon(kind=2, port=port, keys=keys, fpr=fpr), 1, source)
    if not listening or not answering:
        return source
    tunnel = w.accepted(keys)
    check(tunnel.message() == (CONTROL, KEY_ASK), "KEY?")
    return tunnel


def lied(w, answer, keys):
    tunnel = lure(w, keys)
    tunnel.send(CONTROL, answer)
    tunnel.end()
    tunnel.close()


@case("asking", "nobody there, and there again", fetch_unanswered=1, fetch_resting=1)
def asking_nobody(w):
    keys = Keys(w.hands)
    before = w.refused().get("fetch.unanswered", 0)
    source = lure(w, keys, listening=False)
    wait_until("it has failed", lambda: w.refused().get("fetch.unanswered", 0) > before)
    w.hands.call("ask", w.addr, DISCOVERY, 1, w.beacon(kind=2, port=10, keys=keys), 1, source)


@case("asking", "a hang-up instead of an answer", fetch_unanswered=1)
def asking_silence(w):
    lure(w, Keys(w.hands)).close()


@case("asking", "answers that are none", fetch_wrong=4)
def asking_wrong(w):
    for make in (lambda keys: KEY_ASK, lambda keys: os.urandom(100), lambda keys: w.hello(keys=keys),
                 lambda keys: w.hello(w.eve, keys, kind=2)):
        keys = Keys(w.hands)
        lied(w, make(keys), keys)


@case("asking", "a secret key, a huge one, an old statement, one by another", key_block=1, fetch_wrong=1,
      statement_time=1, statement_signature=1)
def asking_bad_keys(w):
    person = w.lab.person("trent", "h3")
    keys = [Keys(w.hands) for _ in range(4)]
    secret = person.gpg("--export-secret-keys", person.fpr).stdout
    for key, answer in zip(keys, (w.hello(person, keys[0], kind=2, block=secret),
                                  w.hello(person, keys[1], kind=2, block=bytes(65537)),
                                  w.hello(person, keys[2], kind=2, begin_ms=-2000, end_ms=-1000),
                                  w.hello(person, kind=2, statement=w.statement(w.eve, keys[3], fpr=person.fpr)))):
        tunnel = lure(w, key, fpr=person.fpr)
        tunnel.send(CONTROL, answer)
        tunnel.end()
        tunnel.close()


if __name__ == "__main__":
    importlib.import_module("hostile_talk")
    importlib.import_module("hostile_files")
    GROUPS["guesses"] = GROUPS.pop("guesses")  # last: nobody asks her anything any more then
    sys.exit(1 if run_groups(sys.argv[1:]) else 0)
