#!/bin/bash
# What a person reads when something is wrong: see trouble.py.
exec "$(dirname "$0")/story.sh" trouble.py "$@"
