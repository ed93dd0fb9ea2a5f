#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# desktop_self.sh [NAME...] - the desktop client's settings, addresses, export and search: see desktop_self.py.
exec "$(dirname "$0")/desk.sh" desktop_self.py 1600x1000 "$@"
