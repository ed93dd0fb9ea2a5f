#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# desktop.sh [NAME...] - the desktop client in two windows on two virtual hosts: see desktop.py.
exec "$(dirname "$0")/desk.sh" desktop.py 1600x1000 "$@"
