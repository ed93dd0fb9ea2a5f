#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Who sees whom, and what a stranger captures: see visible.py.
exec "$(dirname "$0")/story.sh" visible.py "$@"
