# SPDX-License-Identifier: GPL-3.0-or-later
"""activation.py - the daemon behind a socket that a service manager listens on, as data/confabd.socket says.

A service manager of a few lines: when somebody connects it starts confabd with
the socket, and listens again when confabd has ended.  Loopback only, on a
discovery port of its own.  Prints TAP.
"""
import json
import os
import select
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("CF_SRCDIR") or os.path.join(os.path.dirname(__file__), "../.."), "tests/lab"))
import scratch

BUILD = os.environ.get("CF_BUILDDIR") or os.getcwd()
PORT = 20000 + os.getpid() % 20000


class Manager:
    """Listens where the unit says, and counts how often it had to start the daemon."""

    def __init__(self, path, env):
        os.makedirs(os.path.dirname(path), 0o700)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        os.chmod(path, 0o600)
        self.sock.listen(16)
        self.env, self.started, self.child = env, 0, None
        self.end_r, self.end_w = os.pipe()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while self.end_r not in select.select([self.sock, self.end_r], [], [])[0]:
            # A shell that becomes the daemon, so that its own process id is known to it.
            command = f'LISTEN_PID=$$ LISTEN_FDS=1 exec "{BUILD}/confabd" --foreground 3<&{self.sock.fileno()}'
            self.child = subprocess.Popen(["bash", "-c", command], env=self.env, pass_fds=[self.sock.fileno()],
                                          stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.started += 1
            self.child.wait()

    def end(self):
        os.write(self.end_w, b"x")
        self.thread.join()
        self.sock.close()


def main():
    where = scratch.make()
    env = dict(os.environ, HOME=where, GNUPGHOME=where + "/g", XDG_RUNTIME_DIR=where + "/r",
               XDG_DATA_HOME=where + "/d", PATH=BUILD + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
    env.pop("CONFAB_HOME", None)
    home, path = where + "/d/confab", where + "/r/confab/S.confab"
    os.mkdir(where + "/g", 0o700)
    os.mkdir(where + "/r", 0o700)
    os.makedirs(home, 0o700)
    with open(home + "/confabd.conf", "w", encoding="ascii") as conf:
        conf.write(f"listen 127.0.0.1:0\ndiscovery-port {PORT}\n")

    def confab(*args):
        done = subprocess.run(["confab", "--json", *args], env=env, capture_output=True, text=True, timeout=60,
                              check=False, stdin=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr}

    failed, number = False, 0

    def ok(good, what, seen):
        nonlocal failed, number
        number += 1
        failed = failed or not good
        print(f"{'ok' if good else 'not ok'} {number} - {what}" + ("" if good else f"\n# {seen}"), flush=True)

    print("1..6")
    manager = Manager(path, env)
    try:
        row = confab("stop")
        ok(row.get("stopped") is False and manager.started == 0, "who stops nothing starts nothing", row)
        row = confab("status")
        ok(row.get("version") and manager.started == 1, "the first who asks starts the daemon", row)
        row = confab("start")
        ok(row.get("started") is False and manager.started == 1, "it serves those who come later", row)
        row = confab("stop")
        ok(row.get("stopped") is True and manager.started == 1, "stopped, it stays so until somebody asks", row)
        ok(os.path.exists(path), "the socket stays", os.listdir(where + "/r/confab"))
        row = confab("status")
        ok(row.get("version") and manager.started == 2, "and starts again", row)
        confab("stop")
    finally:
        manager.end()
        for gnupg in (where + "/g", home + "/gnupg"):
            if os.path.isdir(gnupg):
                subprocess.run(["gpgconf", "--homedir", gnupg, "--kill", "all"], env=env, check=False)
        scratch.remove(where)
    sys.exit(failed)


main()
