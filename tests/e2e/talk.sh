#!/bin/bash
# The main job between real processes: see talk.py.
exec "$(dirname "$0")/story.sh" talk.py "$@"
