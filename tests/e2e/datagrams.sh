#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two whom no stream connects: see datagrams.py.
exec "$(dirname "$0")/story.sh" datagrams.py "$@"
