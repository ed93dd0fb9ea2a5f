#!/bin/bash
# Nothing lost, nothing twice, in order, between real processes: see durable.py.
exec "$(dirname "$0")/story.sh" durable.py "$@"
