#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job between real processes: see talk.py.
exec "$(dirname "$0")/story.sh" talk.py "$@"
