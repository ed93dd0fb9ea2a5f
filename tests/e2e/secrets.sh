#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Secrets in memory, on the disk, and everywhere else: see secrets.py.
exec "$(dirname "$0")/story.sh" secrets.py "$@"
