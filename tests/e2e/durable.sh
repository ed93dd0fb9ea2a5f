#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing lost, nothing twice, in order, between real processes: see durable.py.
exec "$(dirname "$0")/story.sh" durable.py "$@"
