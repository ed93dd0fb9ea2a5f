#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files between real processes: see files.py.
exec "$(dirname "$0")/story.sh" files.py "$@"
