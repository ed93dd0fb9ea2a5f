#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a person reads when something is wrong: see trouble.py.
exec "$(dirname "$0")/story.sh" trouble.py "$@"
