# SPDX-License-Identifier: GPL-3.0-or-later
"""portmap.py - what confab-portmap makes of a router; the router is this program, in the namespace of one.

Runs inside "nat.sh run a=port -- python3 portmap.py" (portmap.sh).  Prints TAP.
"""
import ctypes
import functools
import os
import socket
import struct
import subprocess
import threading
import time

from lab import BUILD, CONFINED, NETNS, WAIT, check, run_stories

ROUTER, OTHER, OUTSIDE = "192.168.1.254", "192.168.1.253", "1.2.3.4"
libc = ctypes.CDLL(None, use_errno=True)
home = os.open("/proc/self/ns/net", os.O_RDONLY)


def at_router(kind, addr, port):
    """A socket of the router's."""
    with open(os.path.join(os.environ["CF_NETNS_DIR"], "a.r"), encoding="ascii") as f:
        space = os.open(f"/proc/{f.read().strip()}/ns/net", os.O_RDONLY)
    if libc.setns(space, 0):
        raise OSError(ctypes.get_errno(), "setns")
    sock = socket.socket(socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((addr, port))
    libc.setns(home, 0)
    os.close(space)
    return sock


class Helper:
    """confab-portmap at the host a, and its confabd, which is we."""

    def __init__(self, lab):
        self.sock, theirs = socket.socketpair()
        self.proc = subprocess.Popen([NETNS, "exec", "a", os.path.join(BUILD, "confab-portmap")], stdin=theirs,
                                     stdout=theirs, env={"PATH": os.environ["PATH"], "CF_NETNS_DIR": os.environ["CF_NETNS_DIR"]})
        theirs.close()
        self.sock.settimeout(WAIT)
        self.lines = self.sock.makefile("r")
        lab.helper = self

    def wish(self, text="map 7077 3600"):
        self.sock.sendall(text.encode() + b"\n")

    def answer(self):
        return self.lines.readline().rstrip("\n")

    def ask(self, expected):
        begun = time.monotonic()
        self.wish()
        got = self.answer()
        print(f"# {got}, after {time.monotonic() - begun:.1f} s")
        check(got == expected, f"{got!r}, not {expected!r}")

    def end(self):
        """How long it took."""
        begun = time.monotonic()
        self.sock.shutdown(socket.SHUT_WR)
        check(self.proc.wait(WAIT) == 0, f"exit {self.proc.returncode}")
        return time.monotonic() - begun


class Serving:
    """Sends what ANSWER (data) gives for every datagram to the router's port; closes with the story."""

    def __init__(self, lab, port, answer):
        self.sock, self.answer, self.heard = at_router(socket.SOCK_DGRAM, "" if port == 1900 else ROUTER, port), answer, []
        if port == 1900:
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                 socket.inet_aton("239.255.255.250") + socket.inet_aton(ROUTER))
        self.sock.settimeout(0.1)
        self.ended = False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        lab.serving.append(self)

    def _run(self):
        while not self.ended:
            try:
                data, self.source = self.sock.recvfrom(2000)
            except TimeoutError:
                continue
            self.heard.append(data)
            for reply in self.answer(data):
                self.sock.sendto(reply, self.source)

    def close(self):
        self.ended = True
        self.thread.join()
        self.sock.close()


def pcp(request, outside=OUTSIDE, result=0, seconds=None):
    """What an honest router answers."""
    body = bytearray(request[24:60])
    body[20:36] = b"\0" * 10 + b"\xff\xff" + socket.inet_aton(outside)
    life = struct.unpack(">I", request[4:8])[0] if seconds is None else seconds
    return struct.pack(">BBBBII12x", 2, request[1] | 0x80, 0, result, life, 1000) + bytes(body)


def honest(lab):
    """An honest router by PCP: mapped, asked again with the same nonce, told when confabd has gone; confined"""
    router = Serving(lab, 5351, lambda data: [pcp(data)])
    helper = Helper(lab)
    helper.ask(f"mapped pcp 3600 {OUTSIDE}:7077 {OUTSIDE}:7077")
    with open(f"/proc/{helper.proc.pid}/status", encoding="ascii") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    check(not CONFINED or (status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1"), f"confined: {status}")
    helper.ask(f"mapped pcp 3600 {OUTSIDE}:7077 {OUTSIDE}:7077")
    announce = at_router(socket.SOCK_DGRAM, ROUTER, 0)
    announce.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ROUTER))
    announce.sendto(struct.pack(">BBBBII12x", 2, 0x80, 0, 0, 0, 1), ("224.0.0.1", 5350))
    check(helper.answer() == "changed", "a router that begins anew is heard")
    helper.end()
    check({data[24:36] for data in router.heard[:2]} == {data[24:36] for data in router.heard[2:]}, "the same nonces")
    ends = [data for data in router.heard if data[4:8] == bytes(4)]
    check(len(ends) == 2 and {data[36] for data in ends} == {6, 17}, f"both are taken away: {ends}")


def hostile(lab):
    """Whoever answers for the router without having seen the question, or sends junk, is not heard; nor is silence waited for at the end"""
    other = at_router(socket.SOCK_DGRAM, OTHER, 5351)

    def junk(data):
        if data[0] != 2:
            return []
        wrong_nonce, request = bytearray(pcp(data)), bytearray(pcp(data))
        wrong_nonce[30] ^= 1
        request[1] &= 0x7f
        other.sendto(pcp(data), router.source)
        return [bytes(wrong_nonce), bytes(request), pcp(data)[:59], pcp(data) + bytes(1200), b""]
    router = Serving(lab, 5351, junk)
    helper = Helper(lab)
    helper.ask("failed silent silent absent")
    helper.wish()
    begun = time.monotonic()
    took = helper.end()
    print(f"# ended after {took:.2f} s, while it was asking")
    check(took < 1 and time.monotonic() - begun < 1, "a silent router does not delay the end")


def inside(lab):
    """A router whose outside is private, or our own, maps nothing"""
    for outside in ("10.1.2.3", "192.168.1.1", "127.0.0.1", "0.0.0.0", "100.64.0.1"):
        router = Serving(lab, 5351, lambda data, outside=outside: [pcp(data, outside)])
        helper = Helper(lab)
        helper.ask("failed inside untried untried")
        check(any(data[4:8] == bytes(4) for data in router.heard), "what it mapped is given back")
        helper.end()
        router.close()
        lab.serving.remove(router)


def nat_pmp(lab):
    """An older router that knows NAT-PMP alone"""
    def answer(data):
        if data[0] == 2:
            return [struct.pack(">BBHI", 0, 0x80, 1, 1000)]
        if data[1] == 0:
            return [struct.pack(">BBHI", 0, 0x80, 0, 1000) + socket.inet_aton(OUTSIDE)]
        inner, outer, life = struct.unpack(">HHI", data[4:12])
        return [struct.pack(">BBHIHHI", 0, 0x80 | data[1], 0, 1000, inner, outer + 1 if life else 0, min(life, 600))]
    router = Serving(lab, 5351, answer)
    helper = Helper(lab)
    helper.ask(f"mapped nat-pmp 600 {OUTSIDE}:7078 {OUTSIDE}:7078")
    helper.end()
    ends = {data[1] for data in router.heard if data[0] == 0 and data[1] and data[8:12] == bytes(4)}
    check(ends == {1, 2}, f"both are taken away: {ends}")


SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1"


class Upnp:
    """A router's HTTP at ADDR: a description whose control address is CONTROL, and what it was told."""

    def __init__(self, lab, addr, control, description=None):
        self.listener, self.told, self.ended = at_router(socket.SOCK_STREAM, addr, 0), [], False
        self.listener.listen(5)
        self.listener.settimeout(0.1)
        self.port = self.listener.getsockname()[1]
        self.description = description or (
            '<?xml version="1.0"?><root><device>'
            "<deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList><service>"
            f"<serviceType>{SERVICE}</serviceType><controlURL>{control}</controlURL>"
            "<eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service></serviceList></device></root>").encode()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        lab.serving.append(self)

    def _run(self):
        while not self.ended:
            try:
                conn = self.listener.accept()[0]
            except TimeoutError:
                continue
            with conn:
                conn.settimeout(2)
                try:
                    self._serve(conn)
                except OSError:
                    pass  # it has had enough

    def _serve(self, conn):
        data = b""
        while b"\r\n\r\n" not in data or (data.startswith(b"POST") and b"Envelope>" not in data):
            data += conn.recv(4000)
        self.told.append(data.decode())
        body = self.description
        if data.startswith(b"POST"):
            body = b"<NewExternalIPAddress>" + OUTSIDE.encode() + b"</NewExternalIPAddress>"
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body))
        conn.sendall(body)

    def close(self):
        self.ended = True
        self.thread.join()
        self.listener.close()


def found(lab, *urls):
    """Routers that answer the search by multicast."""
    Serving(lab, 1900, lambda data: [
        (f"HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nUSN: uuid:1\r\nLOCATION: {url}\r\n\r\n").encode()
        for url in urls])


def upnp(lab):
    """An honest router by UPnP: mapped, and taken away; the list says nothing of us"""
    router = Upnp(lab, ROUTER, "/c")
    found(lab, f"http://{ROUTER}:{router.port}/d.xml")
    helper = Helper(lab)
    helper.ask(f"mapped upnp 3600 {OUTSIDE}:7077 {OUTSIDE}:7077")
    check(not any("onfab" in told for told in router.told), "no word of Confab")
    helper.end()
    check(sum("DeletePortMapping" in told and "POST" in told for told in router.told) >= 2, f"taken away: {router.told}")


def upnp_elsewhere(lab):
    """Neither a description elsewhere nor a control address elsewhere is connected to"""
    other = Upnp(lab, OTHER, "/c")
    router = Upnp(lab, ROUTER, f"http://{OTHER}:{other.port}/c")
    found(lab, f"http://{OTHER}:{other.port}/d.xml", f"http://{ROUTER}:{router.port}/d.xml")
    helper = Helper(lab)
    helper.ask("failed absent absent wrong")
    check(router.told and not other.told, f"only the gateway was asked: {other.told}")
    helper.end()


def upnp_large(lab):
    """A description without an end takes the memory of its process, and nothing else"""
    router = Upnp(lab, ROUTER, "/c", b"<root>" + b"<a>" * (40 << 20))
    found(lab, f"http://{ROUTER}:{router.port}/d.xml")
    helper = Helper(lab)
    helper.wish()
    got = helper.answer()
    print(f"# {got!r}")
    check(got in ("failed absent absent wrong", ""), f"no mapping: {got!r}")


def with_routers(story):
    """However STORY ends, its routers and its helper do not live on."""
    @functools.wraps(story)
    def run(lab):
        lab.serving, lab.helper = [], None
        try:
            story(lab)
        finally:
            for one in lab.serving:
                one.close()
            if lab.helper:
                lab.helper.sock.close()
                lab.helper.proc.kill()
                lab.helper.proc.wait(WAIT)
    return run


if __name__ == "__main__":
    subprocess.run([NETNS, "exec", "a.r", "ip", "addr", "add", f"{OTHER}/24", "dev", "lan"], check=True)
    run_stories(*map(with_routers, (honest, hostile, inside, nat_pmp, upnp, upnp_elsewhere, upnp_large)))
