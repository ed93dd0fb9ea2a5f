#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# desktop_files.sh [NAME...] - files at two windows on two virtual hosts: see desktop_files.py.
exec "$(dirname "$0")/desk.sh" desktop_files.py 2000x1000 "$@"
