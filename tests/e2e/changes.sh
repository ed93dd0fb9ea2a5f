#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is said of messages later, between real processes: see changes.py.
exec "$(dirname "$0")/story.sh" changes.py "$@"
