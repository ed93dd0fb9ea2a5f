# SPDX-License-Identifier: GPL-3.0-or-later
"""People behind routers: they talk through a public node, and directly wherever that is possible; real processes.

Runs inside "nat.sh run ... -- python3 nat.py" (tests/e2e/nat.sh).  A host is named after what is between it and the
internet; see tests/lab/nat.sh.
"""
import concurrent.futures
import itertools
import os
import shutil
import subprocess
import time

from lab import NETNS, WAIT, Node, Skipped, check, open_conversation, run_stories, say, see_each_other, until

KINDS = ("open", "full", "addr", "port", "sym", "wall", "cgn", "block", "noudp")
# What lets no stream out but to the ports of the web, and no datagram.
WEB_ALONE = "block"
# What lets no datagram out.
NO_DATAGRAMS = "noudp"
# What shows each another port than the one that was seen: it reaches those who let in everybody, or each port of a host.
OTHER_PORTS, LETS_PORTS_IN = "sym", ("open", "full", "addr")
# Routers that let no stream begin from outside, so that two of them cannot be crossed by streams.
NO_CROSSING = ("full", "addr", "port", "cgn")
OWN_WAY = ("direct", "punched", "lan")  # the backbone is one link, for who is on it


def expected(one, other):
    """The routes that a pair may have in the end, and the carriers."""
    pair = {one, other}
    if WEB_ALONE in pair:
        return ("relay",), ("tcp",)
    if NO_DATAGRAMS in pair:
        return (("relay",) if OTHER_PORTS in pair else OWN_WAY), ("tcp",)
    if OTHER_PORTS in pair and not pair & set(LETS_PORTS_IN):
        return ("relay",), ("tcp",)
    streams = "open" in pair or not (pair <= set(NO_CROSSING + (OTHER_PORTS,)))
    return OWN_WAY, ("tcp", "udp") if streams else ("udp",)


def address_of(host):
    with open(os.path.join(os.environ["CF_NETNS_DIR"], "hosts"), encoding="ascii") as f:
        return next(words[1] for words in map(str.split, f) if words[0] == host)


def public_node(lab):
    return Node(lab, "node", address_of("node"))


def person(lab, host, node):
    """Somebody at HOST who uses NODE."""
    someone = lab.person(host, host)
    someone.init()
    someone.confab("config", "nodes", node.name)
    return someone


def contact(me, other):
    rows = [row for row in me.confab("contacts").rows if row["fingerprint"] == other.fpr]
    return rows[0] if rows else {}


def route(me, other):
    return contact(me, other).get("route")


def connected(me):
    until(f"{me.name}'s node", lambda: me.confab("status").row["nodes"][0]["reachable"])


def add(me, other):
    me.confab("add", other.confab("address").row["address"])
    until(f"{me.name} knows {other.name}", lambda: contact(me, other).get("user_id"))


def open_by_address(a, b):
    """A knows B's address, B nothing of A; the conversation's id."""
    connected(a)
    connected(b)
    add(a, b)
    return open_conversation(a, b)


def send_file(sender, receiver, conv, size):
    path = os.path.join(sender.dir, "file")
    with open(path, "wb") as f:
        f.write(os.urandom(size))
    sender.confab("send-file", conv, path)
    offer = receiver.wait("transfer", state="offered")
    receiver.confab("accept-file", offer["transfer"], "--to", receiver.dir)
    done = receiver.wait("transfer", transfer=offer["transfer"], state="done")
    with open(path, "rb") as sent, open(done["path"], "rb") as came:
        check(sent.read() == came.read(), "the file has come as it was sent")


def no_way_but_the_node(lab):
    """Two whom no way connects talk, and send a file, through a node; after its restart again"""
    node = public_node(lab)
    a, b = person(lab, "block", node), person(lab, "sym", node)
    begun = time.monotonic()
    conv = open_by_address(a, b)
    print(f"# open after {time.monotonic() - begun:.1f} s")
    say(a, b, conv, "through the node")
    say(b, a, conv, "and back")
    for me, other in ((a, b), (b, a)):
        check(route(me, other) == "relay", f"{me.name}: the route is {route(me, other)}")
    begun = time.monotonic()
    send_file(a, b, conv, 4 << 20)
    print(f"# 4 MiB in {time.monotonic() - begun:.1f} s")
    node.stop()
    a.wait("link", online=False, fingerprint=b.fpr)
    queued = a.confab("send", conv, "while it was away", "--wait", "queued").row
    check(queued["state"] == "queued", f"{queued}")
    node.start()
    b.wait("message", text="while it was away", seconds=2 * WAIT)
    check(len([r for r in b.confab("history", conv).rows if r["text"] == "while it was away"]) == 1, "once")


def a_way_of_their_own(lab):
    """Who can be dialled is, once the node has brought the two together, without a message lost"""
    node = public_node(lab)
    a, b = person(lab, "open", node), person(lab, "port", node)
    conv = open_by_address(a, b)  # a cannot dial b, but b can dial a
    own = ("direct", "punched")  # whoever was first
    took = until("a direct route", lambda: route(a, b) in own and route(b, a) in own)
    print(f"# {route(a, b)}, {route(b, a)} after {took:.1f} s")
    node.stop()
    say(a, b, conv, "without the node")
    say(b, a, conv, "indeed")
    check([r["text"] for r in b.confab("history", conv).rows] == ["without the node", "indeed"], "all of it, once")


def each(people, what):
    """WHAT (PERSON) of all at once."""
    with concurrent.futures.ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(what, people))


def settle(people, pairs, begun, seconds):
    """When each of PAIRS came to a way that it may have at both ends: route, carrier and time."""
    found = {}
    while len(found) < len(pairs) and time.monotonic() - begun < seconds:
        routes = dict(zip(people, each(list(people.values()), lambda me: {
            row["fingerprint"]: (row["route"], row["carrier"]) for row in me.confab("contacts").rows})))
        now = time.monotonic() - begun
        for one, other in pairs:
            ends = routes[one].get(people[other].fpr), routes[other].get(people[one].fpr)
            ways, carriers = expected(one, other)
            if (one, other) not in found and all(end and end[0] in ways and end[1] in carriers for end in ends):
                found[one, other] = (*ends[0], now)
    return found


def matrix(lab):
    """Each of nine kinds reaches each other: directly wherever that is possible, else through the node"""
    node = public_node(lab)
    people = dict(zip(KINDS, each(KINDS, lambda kind: person(lab, kind, node))))
    pairs = list(itertools.combinations(KINDS, 2))
    each(list(people.values()), connected)
    address = {kind: me.confab("address").row["address"] for kind, me in people.items()}
    each(KINDS, lambda kind: [people[kind].confab("add", address[other]) for other in KINDS if other != kind])
    for kind in KINDS:
        until(f"{kind} knows the others",
              lambda: all(row["user_id"] for row in people[kind].confab("contacts").rows), 2 * WAIT)
    begun = time.monotonic()
    asking = [people[one].start("open", people[other].fpr, password="a password") for one, other in pairs]
    found = settle(people, pairs, begun, 40)
    for asked in asking:
        asked.stop()
    print("# " + " " * 8 + "".join(f"{kind:>19}" for kind in KINDS[1:]))
    for i, one in enumerate(KINDS[:-1]):
        cells = ["" if k <= i else "{:s} {:s} {:3.1f} s".format(*found.get((one, other), ("NOTHING", "", 0)))
                 for k, other in enumerate(KINDS) if k]
        print(f"# {one:8}" + "".join(f"{cell:>19}" for cell in cells))
    missing = [pair for pair in pairs if pair not in found]
    check(not missing, f"no way, or not the best, between {missing}: "
          + str([(route(people[a], people[b]), route(people[b], people[a])) for a, b in missing]))


def step(me, name):
    """That step of ME's ladder, or nothing yet."""
    return next((row for row in me.confab("status").row["network"] if row["step"] == name), {})


def mapped_way(lab):
    """A router that is asked for a port lets people in where no two of their kinds meet otherwise; and closes it again"""
    if not shutil.which("miniupnpd", path=os.environ["PATH"] + ":/usr/sbin"):
        raise Skipped("miniupnpd is not installed: no router here opens ports")
    node = public_node(lab)
    a, b = person(lab, "mapper", node), person(lab, "sym", node)
    took = until("a port", lambda: step(a, "port-mapping").get("code") == "STEP_PORTMAP")
    print(f"# mapped after {took:.1f} s: {step(a, 'port-mapping')['detail']}")
    conv = open_by_address(a, b)
    own = ("direct", "punched")  # also a node may see the port that was mapped
    took = until("a way of their own", lambda: route(a, b) in own and route(b, a) in own)
    print(f"# {route(a, b)}, {route(b, a)}, not by the node, after {took:.1f} s")
    node.stop()
    say(a, b, conv, "without the node")
    say(b, a, conv, "indeed")
    begun = time.monotonic()
    a.confab("stop")
    print(f"# ended after {time.monotonic() - begun:.1f} s")
    rules = [NETNS, "exec", "mapper.r", "nft", "list", "ruleset"]
    until("the port is closed again",
          lambda: "dnat" not in subprocess.run(rules, capture_output=True, text=True, check=True).stdout)


def contact_file(lab):
    """Whom a contact file names is asked, from behind a router, and talked to; no node, and no network of both"""
    a, b = lab.person("port", "port"), lab.person("open", "open")
    a.init()
    b.init()
    port = b.confab("status").row["listen"][0].rpartition(":")[2]
    path = os.path.join(lab.dir, "friends")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"# friends\n{address_of('open')}:{port}  Bob\nhim too\n")
    row = a.confab("add", path).row
    check(row["added"] == 1 and [bad["line"] for bad in row["malformed"]] == [3], f"one is added, line 3 is named: {row}")
    begun = time.monotonic()
    see_each_other(a, b)
    print(f"# each knows the other after {time.monotonic() - begun:.1f} s")
    found = next(r for r in a.confab("peers").rows if r["fingerprint"] == b.fpr)
    check(found["source"] == "file", f"found by the file, not {found['source']}")
    conv = open_conversation(a, b)
    say(a, b, conv, "from behind a router")
    say(b, a, conv, "so you are there")


if __name__ == "__main__":
    run_stories(no_way_but_the_node, a_way_of_their_own, mapped_way, matrix, contact_file)
