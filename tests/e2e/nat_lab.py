# SPDX-License-Identifier: GPL-3.0-or-later
"""nat_lab.py - is the throw-away internet of tests/lab/nat.sh what it says?  Prints TAP.

One process with a socket on each host asks servers what they see of it (the mapping), and who of them can answer
(the filtering), as RFC 5780 does it.  What the routers do to messengers is nat.py's.
"""
import ctypes
import os
import select
import socket
import sys
import time

KINDS = {  # kind: mapping, filtering
    "open": ("same", "anybody"),
    "full": ("same", "anybody"),
    "addr": ("same", "address"),
    "port": ("same", "port"),
    "sym": ("each", "port"),
    "wall": ("same", "port"),
    "cgn": ("same", "port"),
    "block": (None, None),
}
WAIT = 5.0
DIR = os.environ["CF_NETNS_DIR"]
libc = ctypes.CDLL(None, use_errno=True)
home = os.open("/proc/self/ns/net", os.O_RDONLY)


def on_host(name, port=0):
    """A UDP socket of NAME's."""
    with open(os.path.join(DIR, name), encoding="ascii") as f:
        space = os.open(f"/proc/{f.read().strip()}/ns/net", os.O_RDONLY)
    if libc.setns(space, 0):
        raise OSError(ctypes.get_errno(), "setns")
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    libc.setns(home, 0)
    os.close(space)
    return sock


def collect(sockets, want, seconds=WAIT):
    """What arrives at each of SOCKETS, until there are WANT datagrams or the time is over."""
    got, end = {s: [] for s in sockets}, time.monotonic() + seconds
    while sum(map(len, got.values())) < want and time.monotonic() < end:
        for s in select.select(list(sockets), [], [], end - time.monotonic())[0]:
            got[s].append(s.recvfrom(2000))
    return got


def drain(sock):
    """What has come already."""
    found = []
    while select.select([sock], [], [], 0)[0]:
        found.append(sock.recvfrom(2000)[0].decode())
    return found


def main():
    with open(os.path.join(DIR, "hosts"), encoding="ascii") as f:
        hosts = {name: (addr, kind) for name, addr, kind in map(str.split, f)}
    servers = [name for name in hosts if name.startswith("s")]
    asked = {s: on_host(s, 3478) for s in servers[:2]}
    other_port = on_host(servers[0], 3479)  # of the first server
    other_host = on_host(servers[2], 3478)  # nobody writes to it
    tested = [name for name in hosts if name not in servers]
    sock = {name: on_host(name) for name in tested}
    print(f"1..{len(tested)}")
    for name in tested:
        for server in asked:
            try:
                sock[name].sendto(name.encode(), (hosts[server][0], 3478))
            except OSError:
                pass  # refused by its router
    open_to_udp = [name for name in tested if KINDS[hosts[name][1]][0]]
    seen = {name: {} for name in tested}
    for server, got in zip(asked, collect(list(asked.values()), 2 * len(open_to_udp)).values()):
        for data, source in got:
            seen[data.decode()][server] = source
    # Now each of four answers to what the first server sees, the honest one last: when it is there, all are.
    for name in open_to_udp:
        mapped = seen[name].get(servers[0])
        if mapped:
            other_host.sendto(b"anybody", mapped)
            other_port.sendto(b"address", mapped)
            asked[servers[0]].sendto(b"port", mapped)
    failed = False
    for name in tested:
        kind = hosts[name][1]
        sources = seen[name].values()
        mapping = None if not sources else "same" if len(set(sources)) == 1 else "each"
        filtering, heard = None, []
        end = time.monotonic() + WAIT
        while sources and "port" not in heard and time.monotonic() < end:
            select.select([sock[name]], [], [], 0.1)
            heard += drain(sock[name])
        for what in ("port", "address", "anybody"):
            filtering = what if what in heard else filtering
        ok = (mapping, filtering) == KINDS[kind] and (not sources or len(sources) == 2)
        failed |= not ok
        print(f"{'ok' if ok else 'not ok'} {tested.index(name) + 1} - {kind}: maps by {mapping}, lets in {filtering}",
              flush=True)
    sys.exit(failed)


main()
