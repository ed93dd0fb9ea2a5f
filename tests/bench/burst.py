#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""burst.py - P4: many messages at once, between two daemons on this machine.

Usage: burst.py [MESSAGES [ROUNDS]]     (from the build directory; "make bench" does it)

How fast they are accepted (on the sender's disk: SEND has answered) and
delivered (on both disks: the sender has the proof), handed over by one command
(SEND --lines), by 16 clients at once, by one client that does not wait for
answers, and one after the other.  Each figure is a median over ROUNDS.

The baseline is from the same run: bare OpenPGP for as many bytes (sign+encrypt
and decrypt+verify of the envelopes, one after the other), and for what is sent
one by one, a bare sync of one page a message.
"""
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time

from latency import Client, Person, bare, measure_open, meet

ENTRIES = 850   # of an envelope that is full
CLIENTS = 16


def text(tag, number):
    return f"{tag} {number}: a message of an ordinary length"


def end_of(client):
    """Read up to the end of a command."""
    while True:
        line = client.file.readline()
        if line == b"OK\n" or line.startswith(b"OK "):
            return
        if not line or line.startswith(b"ERR"):
            raise SystemExit(line)


def by_lines(person, conv, count, tag):
    client = Client(person.path)
    lines, data = [], ""
    for i in range(count):
        piece = text(tag, i) + "%0A"
        if len(data) + len(piece) > 990:
            lines.append(data)
            data = ""
        data += piece
    lines.append(data)
    client.send(f"SEND --lines --wait=queued -- {conv}")
    client.sock.sendall("".join(f"D {line}\n" for line in lines).encode() + b"END\n")
    end_of(client)
    client.sock.close()


def one_by_one(person, conv, count, tag):
    client = Client(person.path)
    for i in range(count):
        client.call(f"SEND --wait=queued -- {conv}", text(tag, i))
    client.sock.close()


def by_many(person, conv, count, tag):
    clients = [threading.Thread(target=one_by_one, args=(person, conv, count // CLIENTS, f"{tag}.{i}"))
               for i in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()


def without_waiting(person, conv, count, tag):
    client = Client(person.path)
    calls = "".join(f"SEND --wait=queued -- {conv}\nD {text(tag, i)}\nEND\n" for i in range(count)).encode()
    writer = threading.Thread(target=client.sock.sendall, args=(calls,))
    writer.start()
    for _ in range(count):
        end_of(client)
    writer.join()
    client.sock.close()


def measure(a, conv, count, rounds, way):
    accepted, delivered = [], []
    for i in range(rounds):
        begun = time.perf_counter()
        way(a, conv, count, f"{way.__name__} {i}")
        accepted.append(count / (time.perf_counter() - begun))
        a.client.call(f"SEND --wait=delivered -- {conv}", "the last one")
        delivered.append((count + 1) / (time.perf_counter() - begun))
    return statistics.median(accepted), statistics.median(delivered)


def sync_rate(base, count):
    """Pages of 4 KiB a second, each written and synced to this disk."""
    with open(os.path.join(base, "sync"), "wb", buffering=0) as f:
        begun = time.perf_counter()
        for _ in range(count):
            f.write(b"x" * 4096)
            os.fdatasync(f.fileno())
        return count / (time.perf_counter() - begun)


def check_all_there(b, conv, wanted):
    client, count, before = Client(b.path), 0, ""
    while True:
        page = client.call(f"HISTORY --limit=1000 {before} {conv}")
        if not page:
            break
        count += len(page)
        before = f"--before={page[0]['message']}"
    if count != wanted:
        raise SystemExit(f"{wanted} were delivered, {count} are there")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    base = tempfile.mkdtemp(prefix="cf-bench-", dir="/tmp")
    a, b = Person(base, "alice"), Person(base, "bob")
    size = ENTRIES * 520  # an entry's headers and its text
    try:
        before = bare(5, size)
        syncs = sync_rate(base, 300)
        meet(a, b)
        _, conv = measure_open(a, b, 1, 0)
        found, total = {}, 0
        for way, share in ((by_lines, 1), (by_many, 2), (without_waiting, 4), (one_by_one, 4)):
            found[way] = measure(a, conv, count // share, rounds, way)
            total += rounds * (count // share // (CLIENTS if way is by_many else 1) * (CLIENTS if way is by_many else 1) + 1)
        after = bare(5, size)
        syncs = (syncs + sync_rate(base, 300)) / 2
        check_all_there(b, conv, total)
        op = (before["sign_encrypt"] + before["decrypt_verify"] + after["sign_encrypt"] + after["decrypt_verify"]) / 2
        gpg_rate = ENTRIES / op * 1000
        for way, (accepted, delivered) in found.items():
            print(f"P4 {count} {way.__name__.replace('_', ' '):18s} accepted {accepted:7.0f} a second"
                  f" ({accepted / syncs:5.2f} x bare syncs, {syncs:.0f})   delivered {delivered:7.0f}"
                  f" ({delivered / gpg_rate:4.2f} x bare OpenPGP, {gpg_rate:.0f})   goal 1,000")
    finally:
        a.stop()
        b.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
