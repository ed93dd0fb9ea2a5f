#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A client that keeps no rule of the local interface: see hostile.py.
exec "$(dirname "$0")/story.sh" hostile.py "$@"
