#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""history.py - P9: a history of a million messages; what it costs a person, and the daemon.

Usage: history.py [MESSAGES [ROUNDS]]     (from the build directory; "make bench" does it)

A daemon's own store is filled by fill_history while it is down, one message in
a thousand belonging to a second conversation.  Then every figure is a median
over one connection to the real daemon, beside the same one for the empty store
(P6: start and memory must not grow), and beside a bare command (GETINFO) and a
bare read of a page of the file.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from latency import BUILD, Client, Person, measure_open, meet

# What is searched, and how common each word is.
SEARCHES = [
    ("two rare words, together", "needle haystack"),
    ("a rare word", "needle"),
    ("a word in each message", "every"),
    ("the beginning of common words", "eve"),
    ("two very common words", "every w1"),
    ("a very common and a rare word", "every needle"),
    ("a word in none", "nowhere"),
    ("a common word and one in none", "every nowhere"),
]


def ms(function, rounds):
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        function()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times), max(times)


def resident_kb(person):
    with open(f"/proc/{person.daemon.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def store_key(person):
    return subprocess.run(["gpg", "--batch", "--quiet", "--decrypt", os.path.join(person.home, "store", "key")],
                          env=person.env, check=True, stdout=subprocess.PIPE).stdout


def fill(person, conv, count, other):
    begun = time.perf_counter()
    subprocess.run([os.path.join(BUILD, "tests/bench/fill_history"), os.path.join(person.home, "store", "db"), conv, str(count),
                    other], input=store_key(person), check=True)
    return time.perf_counter() - begun


def restart(person, rounds):
    times = []
    for _ in range(rounds):
        person.client.sock.close()
        person.stop()
        times.append(person.start())
    return statistics.median(times) * 1000


def measure(person, conv, other, rounds):
    """The figures, by name: (median, worst) in ms."""
    client = Client(person.path)
    page = client.call(f"HISTORY --limit=50 -- {conv}")
    middle = page[0]["message"] if page else None
    if len(page) == 50:  # the id holds the number that fill_history gave it
        number = int.from_bytes(bytes.fromhex(page[-1]["message"])[:8], "little") // 2
        middle = (number | 1).to_bytes(8, "little").hex() + "00" * 8
    found = {"a bare command": ms(lambda: client.call("GETINFO pid"), rounds),
             "the last page": ms(lambda: client.call(f"HISTORY --limit=50 -- {conv}"), rounds),
             "the list of conversations": ms(lambda: client.call("CONVERSATIONS"), rounds)}
    if middle:
        found["a page in the middle"] = ms(lambda: client.call(f"HISTORY --limit=50 --before={middle} -- {conv}"), rounds)
    counts = {}
    for where, which in (("", conv), (", in a conversation of a thousandth", other)):
        for what, words in SEARCHES:
            line = f"HISTORY --limit=50 --search={words.replace(' ', '%20')} -- {which}"
            counts[what + where] = len(client.call(line))
            found[what + where] = ms(lambda l=line: client.call(l), rounds)
    found["read, all of it"] = ms(lambda: client.call(f"READ {conv}"), 1)
    client.sock.close()
    return found, counts


def open_two(a, b):
    """Two who have just met, with two conversations: their ids."""
    meet(a, b)
    _, conv = measure_open(a, b, 2)
    return conv, next(r["conversation"] for r in a.client.call("CONVERSATIONS") if r["conversation"] != conv)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    base = tempfile.mkdtemp(prefix="cf-bench-", dir="/tmp")
    a, b = Person(base, "alice"), Person(base, "bob")
    try:
        conv, other = open_two(a, b)
        b.stop()
        start = restart(a, 3)
        memory = resident_kb(a)
        empty, _ = measure(a, conv, other, rounds)
        print(f"{'':60s} {'median':>8s} {'worst':>8s} {'empty':>8s}")
        a.stop()
        seconds = fill(a, conv, count, other)
        size = os.path.getsize(os.path.join(a.home, "store", "db"))
        a.start()
        full_memory = resident_kb(a)
        full, counts = measure(a, conv, other, rounds)
        for what, (median, worst) in full.items():
            rows = f" ({counts[what]} rows)" if what in counts else ""
            print(f"P9 {what + rows:57s} {median:8.2f} {worst:8.2f} {empty.get(what, (0, 0))[0]:8.2f} ms")
        print(f"{'P6 start to ready':60s} {restart(a, 3):8.1f} {'':8s} {start:8.1f} ms")
        print(f"{'P5 resident after start, and after all of this':60s} {full_memory / 1024:8.1f} {resident_kb(a) / 1024:8.1f} "
              f"{memory / 1024:8.1f} MB")
        print(f"filled with {count} messages in {seconds:.1f} s ({count / seconds:.0f} a second), {size / 1e6:.0f} MB")
    finally:
        a.stop()
        b.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
