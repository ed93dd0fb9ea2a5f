#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two with a bad path between them: see wire.py.
exec "$(dirname "$0")/story.sh" wire.py "$@"
