# SPDX-License-Identifier: GPL-3.0-or-later
"""scratch.py - throw-away directories, which are removed also when their test was killed (scratch.h says how).

With CF_E2E_KEEP=1 they have another name, and stay.
"""
import fcntl
import os
import shutil
import tempfile

PREFIX = "cf-test."
PLACES = ("/dev/shm", "/tmp")
SWEEP_MAX = 256
KEEP = bool(os.environ.get("CF_E2E_KEEP"))
held = {}


def hold(path):
    """The lock on PATH, a directory of ours that still is there; None if another process has it."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        ours = os.fstat(fd)
        if ours.st_uid == os.geteuid():
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(ours, os.lstat(path)):
                return fd
    except OSError:
        pass
    os.close(fd)
    return None


def remove(path, elsewhere=()):
    """PATH and the directories ELSEWHERE that belong to it."""
    for directory in () if KEEP else (*elsewhere, path):
        shutil.rmtree(directory, ignore_errors=True)
    os.close(held.pop(path))


def sweep(elsewhere):
    """Those whose tests have gone, with the directories that ELSEWHERE (PATH) names."""
    for place in PLACES:
        names = [name for name in os.listdir(place) if name.startswith(PREFIX)] if os.path.isdir(place) else []
        for name in names[:SWEEP_MAX]:
            path = os.path.join(place, name)
            fd = hold(path)
            if fd is not None:
                held[path] = fd
                remove(path, elsewhere(path))


def make(elsewhere=lambda path: ()):
    """A new empty directory below /tmp, ours alone; its path is short, since sockets are in it."""
    if not held and not KEEP:
        sweep(elsewhere)
    while True:
        path = tempfile.mkdtemp(prefix="cf-kept." if KEEP else PREFIX, dir="/tmp")
        fd = hold(path)
        if fd is not None:
            held[path] = fd
            return path
