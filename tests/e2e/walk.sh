#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two newcomers do what README says (walk.py).  Prints TAP.
exec "$(dirname "$0")/story.sh" walk.py "$@"
