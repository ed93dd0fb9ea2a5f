#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two who are never there at the same time: see post.py.
exec "$(dirname "$0")/story.sh" post.py "$@"
