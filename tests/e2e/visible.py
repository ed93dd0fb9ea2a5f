# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sees whom on the LAN, and what a stranger who captures every frame gets to know."""
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

from lab import NETNS, WAIT, Skipped, check, open_conversation, run_stories, see_each_other, until

ETH_P_ALL = 3
HEAD = 6  # magic, version, kind of a beacon: the same in everybody's
SIZES = {1: 160, 3: 278, 4: 96, 5: 96}  # of kinds of beacons; 2 varies


class Capture:
    """Every frame on the cable of a host, both ways: the backbone's end of it."""

    def __init__(self, host):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind(("p" + host[1:], 0))
        self.sock.settimeout(0.2)
        self.frames, self.over = [], False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while not self.over:
            try:
                self.frames.append(self.sock.recv(65536))
            except socket.timeout:
                pass

    def end(self):
        self.over = True
        self.thread.join()
        self.sock.close()
        return self

    def beacons(self, mac):
        """(source address and port, payload) of each beacon that MAC has sent."""
        found = []
        for frame in self.frames:
            if frame[6:12] != mac:
                continue
            at, v4 = 14, frame[12:14] == b"\x08\x00"
            if not v4 and frame[12:14] != b"\x86\xdd":
                continue
            udp = at + (4 * (frame[at] & 15) if v4 else 40)
            if frame[at + (9 if v4 else 6)] != socket.IPPROTO_UDP or frame[udp + 8:udp + 12] != b"CFB1":
                continue
            source = frame[at + 12:at + 16] if v4 else frame[at + 8:at + 24]
            end = udp + int.from_bytes(frame[udp + 4:udp + 6], "big")
            found.append(((source, frame[udp:udp + 2]), frame[udp + 8:end]))
        return found


def mac_of(person):
    """Of the host's eth0; /sys shows the interfaces of whoever mounted it."""
    link = subprocess.run([NETNS, "exec", person.host, "ip", "-o", "link", "show", "dev", "eth0"], capture_output=True,
                          text=True, check=True).stdout
    return bytes.fromhex(link.split("link/ether ")[1].split()[0].replace(":", ""))


def restart(person):
    person.confab("stop")
    if person.events:
        person.events.end()
    person.events = None
    person.confab("start")
    person.follow()


def known_bytes(person):
    """What would name PERSON."""
    device = person.confab("address").row["address"].split(":")[2]
    return {"fingerprint": bytes.fromhex(person.fpr), "device key": bytes.fromhex(device),
            "name": person.name.encode(), "mail": person.mail.encode()}


def no_string_twice(beacons):
    """No eight bytes of one are in another; copies of one datagram (limited and subnet broadcast) are one."""
    seen = {}
    for payload in {p for _, p in beacons}:
        for at in range(HEAD, len(payload) - 7):
            piece = payload[at:at + 8]
            check(seen.setdefault(piece, payload) == payload, f"{piece.hex()} was sent twice")


def ports_are_new(beacons):
    """The system draws them from some 28,000, so a few come again by chance; one that stays would be in every datagram."""
    payloads = {payload: source[1] for source, payload in beacons}
    again = len(payloads) - len(set(payloads.values()))
    check(again <= len(payloads) // 8, f"{again} ports of {len(payloads)} came again")


def contacts_only(lab):
    """Two contacts who show themselves to contacts only find each other; a stranger sees and captures nothing of them"""
    a, b, c = lab.person("alice", "h1"), lab.person("bob", "h2"), lab.person("carol", "h3")
    a.init()
    b.init()
    see_each_other(a, b)
    conv = open_conversation(a, b)
    for me in (a, b):
        row = me.confab("visibility", "contacts").row
        check(row == {"visibility": "contacts", "until": None, "unrecognised": 0}, f"{row}")
        me.wait("visibility", visibility="contacts")
    names = {me: known_bytes(me) for me in (a, b)}
    c.init()
    captures = {me: Capture(me.host) for me in (a, b)}
    for _ in range(3):
        restart(a)
        restart(b)
        see_each_other(a, b)
        a.confab("send", conv, "still here", "--wait", "delivered")
    # Her question has reached them both: they have seen her, and not answered.
    restart(c)
    for me in (a, b):
        watch = me.start("peers", "--watch")
        watch.wait_row("carol", lambda row: row["fingerprint"] == c.fpr)
        watch.stop()
    check(c.confab("peers").rows == [], "a stranger sees nobody")
    for me, capture in captures.items():
        beacons = capture.end().beacons(mac_of(me))
        kinds = [payload[5] for _, payload in beacons]
        print(f"# {me.name}: {len(capture.frames)} frames, {kinds.count(3)} questions, {len(kinds)} beacons")
        check(kinds.count(3) >= 6 and set(kinds) <= {3, 4, 5}, f"veiled beacons only, not {set(kinds)}")
        answered = {len(source[0]) for source, payload in beacons if payload[5] in (4, 5)}
        check(answered == {4, 16}, f"recognised by IPv4 and by IPv6, not by {answered}")
        check(all(len(payload) == SIZES[payload[5]] for _, payload in beacons), "sizes are constant")
        no_string_twice(beacons)
        ports_are_new(beacons)
        for person, things in names.items():
            for what, thing in things.items():
                check(not any(thing in frame for frame in capture.frames), f"{person.name}'s {what} on {me.name}'s cable")


def everyone_and_contacts(lab):
    """One whom everyone sees and one whom contacts see find each other, whoever comes first"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    open_conversation(a, b)
    b.confab("visibility", "contacts")
    for me in (a, b, a):
        restart(me)
        see_each_other(a, b)
    ladder = {step["step"]: step for step in b.confab("status").row["network"]}
    check(ladder["lan"]["ok"] and "contacts" in ladder["lan"]["detail"], f"{ladder['lan']}")


def unrecognised(lab):
    """A contact with whom nothing was opened by password cannot recognise us, and status says so"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    see_each_other(a, b)
    a.confab("add", b.fpr)
    check(a.confab("visibility", "contacts").row["unrecognised"] == 1, "one contact cannot")
    ladder = {step["step"]: step for step in a.confab("status").row["network"]}
    check(not ladder["lan"]["ok"] and "password" in ladder["lan"]["hint"], f"{ladder['lan']}")


def for_a_while(lab):
    """A visibility for a while ends by itself, also over a restart"""
    a = lab.person("alice", "h1")
    a.init()
    a.confab("visibility", "contacts")
    row = a.confab("visibility", "nobody", "--for", "2s").row
    check(row["visibility"] == "nobody" and row["until"], f"{row}")
    a.wait("visibility", visibility="nobody")
    check(a.wait("visibility", visibility="contacts")["until"] is None, "for good again")
    until = a.confab("visibility", "everyone", "--for", "1h").row["until"]
    restart(a)
    status = a.confab("status").row
    check(status["visibility"] == "everyone" and status["visibility_until"][:15] == until[:15], f"{status}")
    error = a.confab("visibility", "some", code=1).error
    check("everyone" in error["hint"], f"{error}")
    a.confab("visibility", "nobody", "--for", "400d", code=1)


def by_address(lab):
    """Who is visible to nobody can be asked by strangers who have the address, until it is renewed"""
    a, b, c = lab.person("alice", "h1"), lab.person("bob", "h2"), lab.person("carol", "h3")
    for me in (a, b, c):
        me.init()
    see_each_other(a, b)
    see_each_other(a, c)
    old = a.confab("address").row["address"]
    a.confab("visibility", "nobody")
    renewed = a.confab("address", "--renew").row["address"]
    check(old != renewed and old.split(":")[:3] == renewed.split(":")[:3], f"another token: {old} {renewed}")
    check(a.confab("address").row["address"] == renewed, "it stays")
    c.confab("add", old)
    b.confab("add", renewed)
    asked = c.start("open", a.fpr, password="let me in")
    opening = b.start("open", a.fpr, password="correct horse")
    request = a.wait("request")
    check(request["fingerprint"] == b.fpr, f"Bob has the address: {request}")
    a.confab("accept", request["request"], password="correct horse")
    check(opening.end().code == 0, "a conversation was opened")
    deadline = time.monotonic() + WAIT  # until Carol has knocked, too
    while not a.confab("status").row["refused"].get("hello.token"):
        check(time.monotonic() < deadline and asked.proc.poll() is None, "an old token is refused, and counted")
    check(not [row for row in a.confab("requests").rows if row["fingerprint"] == c.fpr], "an old address asks nothing")
    c.confab("add", renewed)
    check(a.wait("request")["fingerprint"] == c.fpr, "the new one does")
    asked.stop()
    restart(a)
    check(a.confab("address").row["address"] == renewed, "the same after a restart")


# A name server of one answer: whatever is asked of it (A) has the address argv[1], and nothing else is known.
NAME_SERVER = r"""
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, source = sock.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    known = query[end - 4:end - 2] == b"\0\1"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(sys.argv[1]) if known else b""
    sock.sendto(query[:2] + b"\x81\x80\0\1\0" + bytes([known]) + b"\0\0\0\0" + query[12:end] + answer, source)
    if known:
        print(query[12:end - 5].decode("latin-1"), flush=True)
"""


def by_name(lab):
    """The contact file names a host: who it is asked for, and that somebody was found by it"""
    if not os.path.exists("/etc/resolv.conf"):
        raise Skipped("there is no /etc/resolv.conf to take the place of")
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    a.init()
    b.init()
    at = next(place for place in b.confab("status").row["listen"] if place[0].isdigit() and not place.startswith("127."))
    host, port = at.rsplit(":", 1)
    with tempfile.NamedTemporaryFile("w") as conf:
        conf.write("nameserver 127.0.0.1\n")
        conf.flush()
        subprocess.run(["mount", "--bind", conf.name, "/etc/resolv.conf"], check=True)
        server = subprocess.Popen([NETNS, "exec", a.host, sys.executable, "-c", NAME_SERVER, host], stdout=subprocess.PIPE,
                                  text=True)
        try:
            check(server.stdout.readline() == "ready\n", "there is a name server")
            with open(os.path.join(a.home, "peers"), "w", encoding="utf-8") as peers:
                peers.write(f"home.confab.test:{port} Bob\n")
            asked = server.stdout.readline()
            check(asked.lower() == "\x04home\x06confab\x04test\n", f"asked as it is written: {asked!r}")
            until("Bob found by the name",
                  lambda: [r["source"] for r in a.confab("peers").rows if r["fingerprint"] == b.fpr] == ["file"])
        finally:
            server.terminate()
            server.wait()
            subprocess.run(["umount", "/etc/resolv.conf"], check=True)


if __name__ == "__main__":
    run_stories(contacts_only, everyone_and_contacts, unrecognised, for_a_while, by_address, by_name)
