#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The stream of events under load: see events.py.
exec "$(dirname "$0")/story.sh" events.py "$@"
