# SPDX-License-Identifier: GPL-3.0-or-later
"""Where TCP is blocked, people reach each other over UDP: they talk, send files, are killed, change addresses."""
import os
import subprocess

from lab import NETNS, Skipped, check, open_conversation, run_stories, say, see_each_other

RULES = """
table inet confab {
  chain in { type filter hook input priority 0; meta l4proto tcp iifname != "lo" %s; }
}
"""


def nft(hosts, rules):
    for host in hosts:
        done = subprocess.run([NETNS, "exec", host, "nft", "-f", "-"], input=rules, text=True, check=False,
                              stderr=subprocess.DEVNULL)
        if done.returncode:
            raise Skipped("nft makes no rules here")


def block(hosts, how):
    """No stream reaches HOSTS: HOW is "drop", as careful firewalls have it, or "reject with tcp reset"."""
    nft(hosts, RULES % how)


def unblock(hosts):
    for host in hosts:
        subprocess.run([NETNS, "exec", host, "nft", "delete", "table", "inet", "confab"], check=True)


def blocked(lab):
    """No stream gets through: found, opened, talked, a file; killed and back; another address keeps the tunnel"""
    a, b = lab.person("alice", "h1"), lab.person("bob", "h2")
    block(("h1", "h2"), "drop")
    try:
        a.init()
        b.init()
        see_each_other(a, b, 60)
        conv = open_conversation(a, b)
        say(a, b, conv, "over datagrams")
        say(b, a, conv, "so I hear")
        check(a.confab("conversations").row["route"] == "lan", "the route")
        path, target = os.path.join(a.dir, "large"), os.path.join(b.dir, "got")
        os.mkdir(target)
        b.confab("config", "download-dir", target)
        with open(path, "wb") as f:
            f.write(os.urandom(5 << 20))
        row = a.confab("send-file", conv, path).row
        sent = row["transfer"]
        b.wait("message", message=row["message"], kind="file")
        b.confab("accept-file", sent)
        b.wait("transfer", transfer=sent, state="done")
        with open(path, "rb") as one, open(os.path.join(target, "large"), "rb") as other:
            check(one.read() == other.read(), "the file")
        b.kill_daemon()
        b.confab("status")
        b.follow(0)
        say(a, b, conv, "after a kill")
        lab.net("renumber", "h2", "77")
        say(b, a, conv, "from elsewhere")
    finally:
        unblock(("h1", "h2"))


if __name__ == "__main__":
    run_stories(blocked)
