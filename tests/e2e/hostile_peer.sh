#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A peer that keeps no rule of the protocol: see hostile_peer.py.
exec "$(dirname "$0")/story.sh" hostile_peer.py "$@"
