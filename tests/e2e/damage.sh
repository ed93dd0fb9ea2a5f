#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a damaged, missing or read-only disk does: see damage.py.
exec "$(dirname "$0")/story.sh" damage.py "$@"
